#pragma once

#include <string>
#include <utility>
#include <vector>

namespace fcn {

/// A line over iterations. Points that are not finite are left out.
struct Plot {
  std::string title;   ///< "Loss"
  std::string x_name;  ///< "iteration"
  std::string y_name;  ///< "cross-entropy per pixel"
  std::vector<std::pair<double, double>> points;
  bool percent = false;  ///< values from 0 to 1, drawn on an axis that ends at 100 %
  bool smooth = false;   ///< the points are drawn faintly, the mean around them strongly
};

/// The steps of an axis from 0, or from below it where values are negative, that covers [low, high]: multiples of 1, 2
/// or 5 times a power of ten, at most `most` of them.
std::vector<double> AxisSteps(double low, double high, int most);

/// The plot as an SVG element with axes, ticks, a title and a description for screen readers, and a title on each point
/// that shows its values when pointed at. Colours come from the page's style (classes plot-…). Where there is no point
/// to draw: empty.
std::string PlotSvg(const Plot& plot);

}  // namespace fcn
