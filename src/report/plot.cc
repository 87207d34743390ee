#include "report/plot.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "report/html.h"

namespace fcn {
namespace {

constexpr double kWidth = 560, kHeight = 300, kLeft = 64, kRight = 22, kTop = 16, kBottom = 50;
constexpr size_t kMostMarks = 60;  // points that can be pointed at; more would lie on each other

struct Axis {
  std::vector<double> steps;
  double from, to;  // in pixels
  double Place(double value) const {
    return from + (value - steps.front()) / (steps.back() - steps.front()) * (to - from);
  }
};

/// The mean of the points around each. At the beginning, where a loss falls fast, of as many before as behind, so that
/// the line begins where the points do; at the end of those that there are, so that it does not end in one batch's
/// noise.
std::vector<std::pair<double, double>> Smoothed(const std::vector<std::pair<double, double>>& points) {
  std::vector<std::pair<double, double>> smooth = points;
  const size_t reach = std::clamp<size_t>(points.size() / 16, 1, 50);
  for (size_t i = 0; i < points.size(); i++) {
    const size_t before = std::min(reach, i), behind = std::min(before, points.size() - 1 - i);
    double sum = 0;
    for (size_t j = i - before; j <= i + behind; j++) sum += points[j].second;
    smooth[i].second = sum / static_cast<double>(before + behind + 1);
  }
  return smooth;
}

std::string Path(const std::vector<std::pair<double, double>>& points, const Axis& x, const Axis& y) {
  std::string path;
  for (const auto& [px, py] : points)
    path += fmt::format("{}{:.1f} {:.1f}", path.empty() ? "M" : "L", x.Place(px), y.Place(py));
  return path;
}

std::string ValueText(const Plot& plot, double value) {
  return plot.percent ? fmt::format("{:.1f} %", 100 * value) : fmt::format("{:.4g}", value);
}

std::string Axes(const Plot& plot, const Axis& x, const Axis& y) {
  std::string svg;
  for (const double value : y.steps) {
    const double place = y.Place(value);
    svg += fmt::format(R"(<line class="plot-grid" x1="{:.1f}" x2="{:.1f}" y1="{:.1f}" y2="{:.1f}"/>)", x.from, x.to,
                       place, place);
    svg += fmt::format(R"(<text class="plot-tick" x="{:.1f}" y="{:.1f}" text-anchor="end">{}</text>)", x.from - 8,
                       place + 4, plot.percent ? fmt::format("{:.0f} %", 100 * value) : fmt::format("{:g}", value));
  }
  for (const double value : x.steps) {
    const double place = x.Place(value);
    svg += fmt::format(R"(<line class="plot-axis" x1="{:.1f}" x2="{:.1f}" y1="{:.1f}" y2="{:.1f}"/>)", place, place,
                       y.from, y.from + 5);
    svg += fmt::format(R"(<text class="plot-tick" x="{:.1f}" y="{:.1f}" text-anchor="middle">{:g}</text>)", place,
                       y.from + 19, value);
  }
  svg += fmt::format(R"(<line class="plot-axis" x1="{:.1f}" x2="{:.1f}" y1="{:.1f}" y2="{:.1f}"/>)", x.from, x.to,
                     y.from, y.from);
  svg += fmt::format(R"(<text class="plot-name" x="{:.1f}" y="{:.1f}" text-anchor="middle">{}</text>)",
                     (x.from + x.to) / 2, kHeight - 5, EscapeHtml(plot.x_name));
  return svg;
}

}  // namespace

std::vector<double> AxisSteps(double low, double high, int most) {
  low = std::min(low, 0.0);
  if (!(high > low)) high = low + 1;
  const double rough = (high - low) / std::max(1, most - 1);
  double step = std::pow(10, std::floor(std::log10(rough)));
  const double base = step;
  for (const double factor : {1.0, 2.0, 5.0, 10.0, 20.0}) {
    step = base * factor;
    if (std::ceil(high / step - 1e-9) - std::floor(low / step + 1e-9) + 1 <= most) break;
  }
  std::vector<double> steps;
  const auto last = static_cast<int64_t>(std::ceil(high / step - 1e-9));
  for (auto i = static_cast<int64_t>(std::floor(low / step + 1e-9)); i <= last; i++)
    steps.push_back(static_cast<double>(i) * step);
  return steps;
}

std::string PlotSvg(const Plot& plot) {
  std::vector<std::pair<double, double>> points;
  for (const auto& point : plot.points)
    if (std::isfinite(point.first) && std::isfinite(point.second)) points.push_back(point);
  if (points.empty()) return {};
  double most_x = 1, least_y = 0, most_y = 0;
  for (const auto& [px, py] : points) {
    most_x = std::max(most_x, px);
    least_y = std::min(least_y, py);
    most_y = std::max(most_y, py);
  }
  Axis x{AxisSteps(0, most_x, 7), kLeft, kWidth - kRight};
  Axis y{plot.percent ? std::vector<double>{0, 0.2, 0.4, 0.6, 0.8, 1} : AxisSteps(least_y, most_y, 6),
         kHeight - kBottom, kTop};

  const auto& [last_x, last_y] = points.back();
  std::string svg = fmt::format(
      R"(<svg class="plot" viewBox="0 0 {} {}" role="img" aria-label="{}, {} over {}: from {} to {} at {:g}">)", kWidth,
      kHeight, EscapeHtml(plot.title), EscapeHtml(plot.y_name), EscapeHtml(plot.x_name),
      ValueText(plot, points.front().second), ValueText(plot, last_y), last_x);
  svg += Axes(plot, x, y);
  const bool smooth = plot.smooth && points.size() > 8;
  if (smooth) svg += fmt::format(R"(<path class="plot-faint" d="{}"/>)", Path(points, x, y));
  const std::string line = Path(smooth ? Smoothed(points) : points, x, y);
  if (plot.percent && points.size() > 1)
    svg += fmt::format(R"(<path class="plot-area" d="{}L{:.1f} {:.1f}L{:.1f} {:.1f}Z"/>)", line, x.Place(last_x),
                       y.from, x.Place(points.front().first), y.from);
  svg += fmt::format(R"(<path class="plot-line" d="{}"/>)", line);
  const size_t stride = (points.size() + kMostMarks - 1) / kMostMarks;
  for (size_t i = 0; i < points.size(); i += stride) {
    const auto& [px, py] = points[i];
    svg += fmt::format(
        R"(<g class="plot-mark"><title>{} {:g}: {}</title><circle class="{}" cx="{:.1f}" cy="{:.1f}" r="3.5"/>)"
        R"(<circle class="plot-hit" cx="{:.1f}" cy="{:.1f}" r="9"/></g>)",
        EscapeHtml(plot.x_name), px, ValueText(plot, py), smooth ? "plot-hidden" : "plot-dot", x.Place(px), y.Place(py),
        x.Place(px), y.Place(py));
  }
  return svg + "</svg>";
}

}  // namespace fcn
