#include "kernels/elementwise/stretch.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "support/guarded_image.h"

namespace fcn::elementwise {
namespace {

using test::GuardedImage;

/// For each sample of the stretched axis, the sample that it is: one after the other, the repeated ones several times.
std::vector<int64_t> Sources(int64_t size, int at_first, int at_last, int more_first, int more_last) {
  std::vector<int64_t> sources;
  for (int64_t i = 0; i < size; i++) {
    int times = 1;
    if (i == at_first) times += more_first;
    if (i == size - 1 - at_last) times += more_last;
    sources.insert(sources.end(), static_cast<size_t>(times), i);
  }
  return sources;
}

struct Case {
  Nhwc shape;
  Padding at, more;

  std::vector<int64_t> Rows() const { return Sources(shape.h, at.top, at.bottom, more.top, more.bottom); }
  std::vector<int64_t> Columns() const { return Sources(shape.w, at.left, at.right, more.left, more.right); }
  Nhwc Stretched() const {
    return {shape.n, static_cast<int64_t>(Rows().size()), static_cast<int64_t>(Columns().size()), shape.c};
  }
};

std::vector<Case> Cases() {
  std::vector<Case> cases;
  for (int64_t channels : {1, 5, 16, 35})
    for (const Padding& more :
         {Padding{}, Padding{3, 2, 1, 4}, Padding{3, 0, 0, 0}, Padding{0, 2, 0, 0}, Padding{0, 0, 0, 5}})
      for (const Padding& at : {Padding{}, Padding{2, 1, 0, 3}, Padding{0, 4, 1, 2}, Padding{4, 0, 3, 1}})
        cases.push_back({{2, 6, 7, channels}, at, more});
  cases.push_back({{1, 2, 2, 3}, {}, {9, 9, 9, 9}});
  cases.push_back({{1, 1, 1, 3}, {}, {}});
  return cases;
}

template <typename Check>
void ForCases(const Check& check) {
  for (const Case& c : Cases())
    for (int64_t gap : {0, 3})
      for (Isa isa : SupportedIsas())
        for (int threads : {1, 2, 3}) check(c, gap, Context(threads, isa));
}

TEST(StretchTest, RepeatsRowsAndColumns) {
  ForCases([](const Case& c, int64_t gap, const Context& context) {
    GuardedImage input(c.shape, gap), output(c.Stretched(), 2 * gap);
    input.Fill(1);
    Stretch(input.view(), c.at, c.more, output.view(), context);
    ASSERT_TRUE(input.Intact() && output.Intact());
    const std::vector<int64_t> rows = c.Rows(), columns = c.Columns();
    for (int64_t n = 0; n < c.shape.n; n++)
      for (size_t y = 0; y < rows.size(); y++)
        for (size_t x = 0; x < columns.size(); x++)
          for (int64_t k = 0; k < c.shape.c; k++)
            ASSERT_EQ(output.view().at(n, static_cast<int64_t>(y), static_cast<int64_t>(x))[k],
                      input.view().at(n, rows[y], columns[x])[k]);
  });
}

TEST(StretchTest, GradientAddsRepetitions) {
  ForCases([](const Case& c, int64_t gap, const Context& context) {
    GuardedImage g(c.Stretched(), gap), output(c.shape, 2 * gap);
    g.Fill(1);
    StretchGradient(g.view(), c.at, c.more, output.view(), context);
    ASSERT_TRUE(g.Intact() && output.Intact());
    const std::vector<int64_t> rows = c.Rows(), columns = c.Columns();
    for (int64_t n = 0; n < c.shape.n; n++)
      for (int64_t y = 0; y < c.shape.h; y++)
        for (int64_t x = 0; x < c.shape.w; x++)
          for (int64_t k = 0; k < c.shape.c; k++) {
            double sum = 0, size = 0, terms = 0;
            for (size_t row = 0; row < rows.size(); row++)
              for (size_t column = 0; column < columns.size(); column++) {
                if (rows[row] != y || columns[column] != x) continue;
                const double value = g.view().at(n, static_cast<int64_t>(row), static_cast<int64_t>(column))[k];
                sum += value, size += std::abs(value), terms++;
              }
            ASSERT_GE(terms, 1);
            ASSERT_LE(std::abs(output.view().at(n, y, x)[k] - sum), (terms - 1) * 0x1p-24 * size);
          }
  });
}

}  // namespace
}  // namespace fcn::elementwise
