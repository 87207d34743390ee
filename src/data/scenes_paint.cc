#include "data/scenes_paint.h"

namespace fcn::scenes {

Rgb GreyPaint(Dice& dice) {
  const float grey = dice.Uniform(0.22f, 0.78f), warm = dice.Uniform(-0.05f, 0.07f);
  return {grey + warm, grey, grey - warm};
}

Rgb BrickPaint(Dice& dice) {
  const float lightness = dice.Uniform(0.55f, 1.25f);
  return Rgb{0.58f, dice.Uniform(0.30f, 0.44f), dice.Uniform(0.20f, 0.32f)} * lightness;
}

Rgb FoliagePaint(Dice& dice) {
  const float lightness = dice.Uniform(0.6f, 1.3f);
  return Rgb{dice.Uniform(0.18f, 0.52f), dice.Uniform(0.40f, 0.55f), dice.Uniform(0.12f, 0.30f)} * lightness;
}

Rgb SkyPaint(Dice& dice) {
  const float lightness = dice.Uniform(0.7f, 1.05f);
  return Rgb{dice.Uniform(0.35f, 0.7f), dice.Uniform(0.58f, 0.8f), dice.Uniform(0.8f, 1.0f)} * lightness;
}

Rgb AnyPaint(Dice& dice) {
  switch (dice.Below(6)) {
    case 0:
      return GreyPaint(dice);
    case 1:
      return BrickPaint(dice);
    case 2:
      return FoliagePaint(dice);
    case 3:
      return SkyPaint(dice);
    case 4: {
      const Rgb grey = GreyPaint(dice);
      return grey * (dice.Chance(0.5f) ? 0.3f : 1.25f);
    }
    default:
      return {dice.Uniform(0.1f, 0.9f), dice.Uniform(0.1f, 0.9f), dice.Uniform(0.1f, 0.9f)};
  }
}

}  // namespace fcn::scenes
