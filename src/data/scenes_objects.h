#pragma once

#include "data/scenes_street.h"

namespace fcn::scenes {

/// Puts trees and people on the pavements and cars on the road, and draws them from far to near. Each is a flat figure
/// that stands upright and faces the camera.
void DrawObjects(Dice& dice, const Street& street, const Camera& camera, const Weather& weather, Canvas& canvas);

}  // namespace fcn::scenes
