#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "data/dataset.h"

/// Street-like scenes drawn from numbers alone, with labels that are exact: to try training without any data, and to
/// test it. Colours and textures are shared between the classes (grey is road, pavement or concrete; a car may have the
/// green of a tree or the blue of the sky), and light, haze, shadows, blur and noise differ between scenes, so that a
/// colour says little: a network has to learn shapes and places.
namespace fcn {

/// sky, building, road, pavement, tree, car, person: the labels of every scene, by index.
const std::vector<std::string>& SceneClasses();

/// One colour per class, those of Cityscapes.
const std::vector<Colour>& ScenePalette();

/// The scene `index` of the endless series `seed`: a pure function of its arguments, the same bytes on every machine
/// (only additions, products, quotients and square roots, which IEEE 754 defines exactly). Sizes are in pixels, from 16
/// to 4096 each; Error(kUsage) otherwise. Named "scene_000042".
Sample GenerateScene(uint64_t seed, int64_t index, int width, int height);

}  // namespace fcn
