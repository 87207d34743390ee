#pragma once

#include "data/scenes_paint.h"

namespace fcn::scenes {

/// A box of building, or a hedge, beside the street or across its end.
struct Block {
  float near_z, far_z, height;
  bool hedge;
  Rgb wall, trim;
  float floor_height, bay_width;      ///< metres from window to window
  float window_width, window_height;  ///< as parts of these
  float glass;                        ///< from 0 (dark) to 1 (mirrors the sky)
  bool bricks;
  uint32_t seed;
};

/// A straight street between two rows of blocks, with pavements, and what closes it at the far end.
struct Street {
  float left_wall, left_kerb, right_kerb, right_wall;  ///< x, from left to right
  std::vector<Block> left, right;                      ///< from near to far, gaps between
  Block end;
  bool open_end;  ///< nothing but sky where the street ends
  Rgb road, pavement, line;
  float slab;        ///< the size of the pavement's slabs
  float line_x;      ///< of the dashed line
  float crossing_z;  ///< where a zebra crossing begins; 0: there is none
  float road_roughness;
  uint32_t seed;
};

Street BuildStreet(Dice& dice);

/// Draws the sky, the ground and the blocks over the whole canvas.
void DrawStreet(const Street& street, const Camera& camera, const Weather& weather, uint32_t cloud_seed,
                Canvas& canvas);

}  // namespace fcn::scenes
