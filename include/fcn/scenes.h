#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "fcn/dataset.h"
#include "fcn/export.h"

/// Street-like scenes drawn from numbers alone, with labels that are exact: to try training without any data, and to
/// test it. Colours and textures are shared between the classes (grey is road, pavement or concrete; a car may have the
/// green of a tree or the blue of the sky), and light, haze, shadows, blur and noise differ between scenes, so that a
/// colour says little: a network has to learn shapes and places.
namespace fcn {

/// sky, building, road, pavement, tree, car, person: the labels of every scene, by index.
FCN_API const std::vector<std::string>& SceneClasses();

/// One colour per class, those of Cityscapes.
FCN_API const std::vector<Colour>& ScenePalette();

/// ground, vertical, sky: what the surfaces are that the classes have.
FCN_API const std::vector<std::string>& SceneGeometries();
FCN_API const std::vector<Colour>& SceneGeometryPalette();
/// The geometry of a class.
FCN_API uint16_t SceneGeometry(uint16_t label);

/// How far a depth of 1 m is from 0 in a scene's depth map.
inline constexpr int kSceneDepthsPerMetre = 256;

struct FCN_API SceneOptions {
  int width = 256, height = 192;  ///< pixels, from 16 to 4096
  bool depth = false;             ///< the second input: one band of 16 bits, the distance along the street in steps of
                                  ///< 1/256 m, at most 65535; 0 where there is no surface
  bool geometry = false;          ///< the second label map: SceneGeometries
  bool ambiguous = false;         ///< one paint and texture covers everything, so that colour says next to nothing
};

/// The scene `index` of the endless series `seed`: a pure function of its arguments, the same bytes on every machine
/// (only additions, products, quotients and square roots, which IEEE 754 defines exactly). What the options add or
/// cover changes nothing else of it. Throws Error(kUsage) for other sizes. Named "scene_000042".
FCN_API Sample GenerateScene(uint64_t seed, int64_t index, const SceneOptions& options);

}  // namespace fcn
