#include "report/confusion.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "fcn/text.h"
#include "report/html.h"
#include "report/page.h"

namespace fcn {
namespace {

constexpr size_t kLongestName = 18;
constexpr double kLeastShown = 0.0005;  // of a row: less is nothing to look at

/// Sizes in pixels: small matrices have room for figures, large ones must still fit a screen.
struct MatrixForm {
  int cell, font;
  bool has_figures;
  int names = 0;  ///< room for the longest of them

  explicit MatrixForm(std::span<const std::string> classes) {
    const size_t count = classes.size();
    cell = count <= 12 ? 48 : count <= 26 ? 34 : count <= 40 ? 20 : 14;
    font = cell >= 20 ? 13 : 11;
    has_figures = cell >= 34;
    for (const std::string& name : classes) names = std::max(names, Width(Short(name)));
    names += 10;
  }

  static std::string Short(const std::string& name) {
    const std::string_view first = FirstCharacters(name, kLongestName);
    return first.size() == name.size() ? name : std::string(first) + "…";
  }

 private:
  /// Enough for letters of Latin, and for those of twice their width that take three bytes or more.
  int Width(const std::string& text) const {
    double width = 0;
    for (const char c : text) {
      const auto byte = static_cast<uint8_t>(c);
      width += byte < 0x80 ? 0.58 : byte >= 0xe0 ? 1.05 : byte >= 0xc0 ? 0.65 : 0;
    }
    return static_cast<int>(std::ceil(width * font));
  }
};

std::string Name(const std::string& name, const std::string& place, const MatrixForm& form) {
  return fmt::format(R"(<text class="matrix-name" font-size="{}" {}><title>{}</title>{}</text>)", form.font, place,
                     EscapeHtml(name), EscapeHtml(MatrixForm::Short(name)));
}

std::string Rows(std::span<const std::string> classes, const MatrixForm& form) {
  const int height = form.names + form.cell * static_cast<int>(classes.size());
  std::string svg =
      fmt::format(R"(<svg class="matrix-rows" width="{}" height="{}" aria-hidden="true">)", form.names, height);
  for (size_t i = 0; i < classes.size(); i++)
    svg += Name(classes[i],
                fmt::format(R"(x="{}" y="{:.1f}" text-anchor="end")", form.names - 6,
                            form.names + (static_cast<double>(i) + 0.5) * form.cell + 0.36 * form.font),
                form);
  return svg + "</svg>";
}

std::string Cell(const ConfusionMatrix& matrix, std::span<const std::string> classes, int i, int j, double share,
                 const MatrixForm& form) {
  const int x = form.cell * j, y = form.names + form.cell * i;
  // The square root lets small shares be seen beside large ones.
  std::string cell = fmt::format(
      R"(<g><title>{} taken for {}: {} of it, {} pixels</title><rect class="matrix-{}" x="{}" y="{}" width="{}" )"
      R"(height="{}" fill-opacity="{:.2f}"/>)",
      EscapeHtml(classes[static_cast<size_t>(i)]), EscapeHtml(classes[static_cast<size_t>(j)]), Percent(share),
      matrix.count(i, j), i == j ? "right" : "wrong", x, y, form.cell, form.cell, 0.06 + 0.94 * std::sqrt(share));
  if (form.has_figures && share >= 0.005)
    cell += fmt::format(R"(<text class="{}" x="{:.1f}" y="{:.1f}" text-anchor="middle" font-size="{}">{:.0f}</text>)",
                        share > 0.35 ? "matrix-on" : "matrix-figure", x + 0.5 * form.cell,
                        y + 0.5 * form.cell + 0.36 * form.font, form.font, 100 * share);
  return cell + "</g>";
}

std::string Cells(const ConfusionMatrix& matrix, std::span<const std::string> classes, const MatrixForm& form,
                  const std::string& what) {
  const int count = matrix.classes(), side = form.cell * count;
  std::string svg = fmt::format(R"(<svg width="{}" height="{}" role="img" aria-label="{}">)", side + 1,
                                form.names + side + 1, EscapeHtml(what));
  svg += fmt::format(R"(<rect class="matrix-ground" x="0" y="{}" width="{}" height="{}"/>)", form.names, side, side);
  for (int j = 0; j < count; j++)
    svg += Name(classes[static_cast<size_t>(j)],
                fmt::format(R"re(transform="translate({:.1f} {}) rotate(-90)")re",
                            (j + 0.5) * form.cell + 0.36 * form.font, form.names - 6),
                form);
  for (int i = 0; i < count; i++) {
    const int64_t pixels = matrix.truth_pixels(i);
    for (int j = 0; j < count && pixels > 0; j++) {
      const double share = static_cast<double>(matrix.count(i, j)) / static_cast<double>(pixels);
      if (share >= kLeastShown) svg += Cell(matrix, classes, i, j, share, form);
    }
  }
  std::string lines;
  for (int i = 0; i <= count; i++) {
    const int at = form.cell * i;
    lines += fmt::format("M0 {}H{}M{} {}V{}", form.names + at, side, at, form.names, form.names + side);
  }
  return svg + fmt::format(R"(<path class="matrix-grid" d="{}"/></svg>)", lines);
}

}  // namespace

std::string ConfusionHtml(const ConfusionMatrix& matrix, std::span<const std::string> classes,
                          const std::string& what) {
  if (matrix.classes() > kMostMatrixClasses) return {};
  const MatrixForm form(classes);
  return fmt::format(
      "<div class=\"matrix\">{}<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{}\">{}</div></div>\n",
      Rows(classes, form), EscapeHtml(what), Cells(matrix, classes, form, what));
}

std::vector<Mistake> LargestMistakes(const ConfusionMatrix& matrix, size_t most) {
  std::vector<Mistake> mistakes;
  for (int i = 0; i < matrix.classes(); i++)
    for (int j = 0; j < matrix.classes(); j++)
      if (i != j && matrix.count(i, j) > 0) mistakes.push_back({i, j, matrix.count(i, j)});
  std::ranges::stable_sort(mistakes, std::ranges::greater(), &Mistake::pixels);
  if (mistakes.size() > most) mistakes.resize(most);
  return mistakes;
}

}  // namespace fcn
