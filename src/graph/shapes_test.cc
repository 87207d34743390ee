#include "graph/shapes.h"

#include <gtest/gtest.h>

#include "graph/test_graphs.h"
#include "support/expect_error.h"

namespace fcn {
namespace {

using test::Builder;
using test::ExpectError;
using test::Square;

/// The shape of the last value of a graph with one input.
Nhwc Last(const Builder& b, Nhwc input) { return InferShapes(b.graph, std::vector<Nhwc>{input}).back(); }

int64_t PooledSize(int size, int kernel, int stride, int before, int after, bool ceil) {
  Builder b(1);
  b.Node("pool", MaxPool{.kernel = {kernel, 1}, .stride = {stride, 1}, .padding = {before, after, 0, 0}, .ceil = ceil},
         {b.x});
  return Last(b, {1, size, 1, 1}).h;
}

TEST(InferShapes, PoolingByHand) {
  struct Row {
    int size, kernel, stride, padding;
    int64_t floor, ceil;
  };
  for (const Row& row :
       {Row{4, 2, 2, 0, 2, 2}, Row{5, 2, 2, 0, 2, 3}, Row{6, 3, 2, 0, 2, 3}, Row{7, 3, 2, 0, 3, 3},
        Row{112, 3, 2, 1, 56, 57}, Row{1, 2, 2, 1, 1, 1},  // the second window would begin past the end
        Row{6, 2, 3, 0, 2, 2},                             // so would the third here, without padding
        Row{5, 1, 2, 0, 3, 3}, Row{6, 1, 4, 0, 2, 2}, Row{13, 3, 3, 1, 5, 5}, Row{349, 2, 2, 0, 174, 175}}) {
    const std::string what = std::to_string(row.size) + " / " + std::to_string(row.kernel);
    EXPECT_EQ(PooledSize(row.size, row.kernel, row.stride, row.padding, row.padding, false), row.floor) << what;
    EXPECT_EQ(PooledSize(row.size, row.kernel, row.stride, row.padding, row.padding, true), row.ceil) << what;
  }
}

/// Counts windows one by one: those that fit into the padded image and, with ceil, one more that reaches past its end
/// where some of it is left and the window begins in the image or before.
int64_t CountWindows(int size, int kernel, int stride, int before, int after, bool ceil) {
  int64_t count = 0;
  int start = 0;
  for (; start + kernel <= size + before + after; start += stride) count++;
  const bool all_seen = start - stride + kernel == size + before + after;
  return ceil && !all_seen && start < size + before ? count + 1 : count;
}

TEST(InferShapes, PoolingEqualsCountingWindows) {
  for (int size = 1; size <= 12; size++)
    for (int kernel = 1; kernel <= 4; kernel++)
      for (int stride = 1; stride <= 4; stride++)
        for (int before = 0; before < kernel; before++)
          for (int after = 0; after < kernel; after++)
            for (bool ceil : {false, true}) {
              if (size + before + after < kernel) continue;
              EXPECT_EQ(PooledSize(size, kernel, stride, before, after, ceil),
                        CountWindows(size, kernel, stride, before, after, ceil))
                  << size << " " << kernel << " " << stride << " " << before << "," << after << " " << ceil;
            }
}

TEST(InferShapes, ConvolutionByHand) {
  struct Row {
    int size, kernel, stride, dilation, before, after;
    int64_t output;
  };
  for (const Row& row : {Row{500, 3, 1, 1, 100, 100, 698}, Row{224, 3, 2, 1, 0, 1, 112}, Row{225, 3, 2, 1, 0, 1, 112},
                         Row{112, 5, 2, 1, 1, 2, 56}, Row{7, 7, 1, 1, 0, 0, 1}, Row{30, 3, 1, 12, 12, 12, 30},
                         Row{10, 1, 3, 1, 0, 0, 4}, Row{1, 3, 1, 1, 1, 1, 1}, Row{5, 3, 1, 2, 0, 0, 1}}) {
    Builder b(2);
    b.Conv("conv", b.x, 2, 6,
           {.kernel = {1, row.kernel},
            .stride = {1, row.stride},
            .dilation = {1, row.dilation},
            .padding = {0, 0, row.before, row.after}});
    EXPECT_EQ(Last(b, {3, 9, row.size, 2}), (Nhwc{3, 9, row.output, 6})) << row.size << " " << row.kernel;
  }
}

TEST(InferShapes, TransposedConvolutionByHand) {
  struct Row {
    int size, kernel, stride, before, after;
    int64_t output;
  };
  for (const Row& row :
       {Row{16, 4, 2, 0, 0, 34}, Row{70, 16, 8, 0, 0, 568}, Row{16, 64, 32, 0, 0, 544}, Row{5, 4, 2, 1, 1, 10},
        Row{5, 3, 2, 1, 0, 10}, Row{1, 1, 7, 0, 0, 1}, Row{2, 3, 1, 1, 2, 1}}) {
    Builder b(4);
    b.Deconv("up", b.x, 4, 6,
             {.kernel = {row.kernel, 1},
              .stride = {row.stride, 1},
              .dilation = {},
              .padding = {row.before, row.after, 0, 0},
              .groups = 2});
    EXPECT_EQ(Last(b, {1, row.size, 3, 4}), (Nhwc{1, row.output, 3, 6})) << row.size << " " << row.kernel;
  }
}

TEST(InferShapes, TheReferenceNetworkAt500) {
  const Graph graph = test::ReferenceFcn8s();
  const ByValue<Nhwc> shapes = InferShapes(graph, std::vector<Nhwc>{{1, 500, 500, 3}});
  struct Row {
    const char* name;
    int64_t size, channels;
  };
  for (const Row& row :
       {Row{"conv1_1", 698, 64}, Row{"pool1", 349, 64}, Row{"pool2", 175, 128}, Row{"pool3", 88, 256},
        Row{"pool4", 44, 512}, Row{"pool5", 22, 512}, Row{"fc6", 16, 4096}, Row{"score_fr", 16, 21},
        Row{"upscore2", 34, 21}, Row{"crop_pool4", 34, 21}, Row{"upscore_pool4", 70, 21}, Row{"up_score8", 568, 21},
        Row{"score8", 500, 21}, Row{"score16", 500, 21}, Row{"score32", 500, 21}})
    EXPECT_EQ(shapes[graph.Find(row.name)], (Nhwc{1, row.size, row.size, row.channels})) << row.name;
}

TEST(InferShapes, TheOtherOperations) {
  const Nhwc input{2, 7, 5, 12};
  const auto one = [&](Op op) {
    Builder b(12);
    b.Node("y", op, {b.x});
    return Last(b, input);
  };
  for (const Op& op : {Op(Relu{}), Op(Relu6{}), Op(HardSwish{}), Op(LeakyRelu{}), Op(LocalResponseNorm{}), Op(Scale{}),
                       Op(Softmax{}), Op(Dropout{}), Op(Concat{})})
    EXPECT_EQ(one(op), input) << OpName(op);
  EXPECT_EQ(one(GlobalAveragePool{}), (Nhwc{2, 1, 1, 12}));
  EXPECT_EQ(one(Argmax{}), (Nhwc{2, 7, 5, 1}));
  EXPECT_EQ(one(AveragePool{.kernel = {3, 2}, .stride = {2, 2}, .padding = {}}), (Nhwc{2, 3, 2, 12}));
  Builder linear(12);
  linear.Linear("fc", linear.x, 7 * 5 * 12, 10);
  EXPECT_EQ(Last(linear, input), (Nhwc{2, 1, 1, 10}));
  Builder two(12);
  const ValueId half = two.Node("half", MaxPool{.kernel = {2, 2}, .stride = {2, 2}, .padding = {}}, {two.x});
  const ValueId norm = two.Norm("norm", half, 12);
  const ValueId back = two.Node("back", Resize{}, {norm, two.x});
  const ValueId product = two.Node("product", Multiply{}, {back, two.Node("mean", GlobalAveragePool{}, {two.x})});
  const ValueId sum = two.Node("sum", Add{}, {two.Node("square", Multiply{}, {product, product}), two.x});
  two.Node("joined", Concat{}, {sum, two.x, two.x});
  EXPECT_EQ(Last(two, input), (Nhwc{2, 7, 5, 36}));
}

TEST(InferShapes, ErrorsNameTheLayerAndTheFigures) {
  const auto refused = [](const std::string& part, Nhwc input, auto build) {
    Builder b(4);
    build(b);
    ExpectError(ErrorCode::kInput, part, [&] { Last(b, input); });
  };
  const Nhwc small{1, 4, 6, 4};
  refused("layer c1 (Conv2d): its window covers 9 pixels; the image has 8 with padding (4 without)", small,
          [](Builder& b) {
            ConvGeometry geometry = Square(5, 1, 2);
            geometry.dilation = {2, 2};
            b.Conv("c1", b.x, 4, 4, geometry);
          });
  refused("a weight of shape 8x4x1x1 does not fit 4 channels in 3 groups", small, [](Builder& b) {
    const ValueId w = b.graph.AddParameter("w", {8, 4, 1, 1});
    b.Node("c", Conv2d{Square(1, 1, 0, 1, 3)}, {b.x, w});
  });
  refused("4 channels in 4 groups", small, [](Builder& b) {
    b.Node("c", Conv2d{Square(1, 1, 0, 1, 4)}, {b.x, b.graph.AddParameter("w", {6, 1, 1, 1})});
  });
  refused("shape 4x4", small, [](Builder& b) { b.Node("c", Conv2d{}, {b.x, b.graph.AddParameter("w", {4, 4})}); });
  refused("its weight has the shape 8x4x1x3; 8x4x3x3 is needed", small, [](Builder& b) {
    b.Node("c", Conv2d{Square(3)}, {b.x, b.graph.AddParameter("w", {8, 4, 1, 3})});
  });
  refused("its bias has the shape 4; 8 is needed", small, [](Builder& b) {
    b.Node("c", Conv2d{}, {b.x, b.graph.AddParameter("w", {8, 4, 1, 1}), b.graph.AddParameter("b", {4})});
  });
  refused("layer up (Deconv2d): its weight has the shape 8x4x2x2; 4x4x2x2", small, [](Builder& b) {
    b.Node("up", Deconv2d{Square(2, 2)}, {b.x, b.graph.AddParameter("w", {8, 4, 2, 2})});
  });
  refused("4 channels in 3 groups", small, [](Builder& b) {
    b.Node("up", Deconv2d{Square(2, 2, 0, 1, 3)}, {b.x, b.graph.AddParameter("w", {4, 1, 2, 2})});
  });
  refused("padding of 5+5 leaves nothing of 8 pixels", small,
          [](Builder& b) { b.Deconv("up", b.x, 4, 4, Square(2, 2, 5)); });
  refused("layer fc (Linear): its weight of shape 10x95 does not fit a map of 4x6 pixels and 4 channels", small,
          [](Builder& b) { b.Linear("fc", b.x, 95, 10); });
  refused("its mean has the shape 3; 4 is needed", small, [](Builder& b) {
    std::vector<ValueId> inputs = {b.x};
    for (const char* name : {"w", "b", "m", "v"})
      inputs.push_back(b.graph.AddParameter(name, {name[0] == 'm' ? 3 : 4}));
    b.Node("bn", BatchNorm{}, inputs);
  });
  refused("layer sum (Add): 1x4x6x4 and 1x3x5x4 cannot be added", small, [](Builder& b) {
    b.Node("sum", Add{}, {b.x, b.Node("p", MaxPool{.kernel = {2, 2}, .stride = {}, .padding = {}}, {b.x})});
  });
  refused("layer product (Multiply): 1x1x1x4 cannot be multiplied by 1x4x6x4", small, [](Builder& b) {
    b.Node("product", Multiply{}, {b.Node("mean", GlobalAveragePool{}, {b.x}), b.x});
  });
  refused("channels of 1x4x6x4 and 1x2x3x4 cannot be joined", small, [](Builder& b) {
    b.Node("cat", Concat{}, {b.x, b.Node("p", MaxPool{.kernel = {2, 2}, .stride = {2, 2}, .padding = {}}, {b.x})});
  });
  refused("layer pool (MaxPool): its window covers 5", small, [](Builder& b) {
    b.Node("pool", MaxPool{.kernel = {5, 1}, .stride = {}, .padding = {}, .ceil = true}, {b.x});
  });
  refused("graph needs 4", {1, 4, 4, 3}, [](Builder&) {});
  refused("1x0x4x4 is not a possible shape", {1, 0, 4, 4}, [](Builder&) {});
  refused("-1", {-1, 4, 4, 4}, [](Builder&) {});
  refused("more than 1099511627776 elements", {int64_t{1} << 39, 1, 1, 4}, [](Builder&) {});
  refused("more than", {INT64_MAX, INT64_MAX, INT64_MAX, 4}, [](Builder&) {});
  refused("layer huge (Conv2d)", {1, int64_t{1} << 18, int64_t{1} << 18, 4},
          [](Builder& b) { b.Conv("huge", b.x, 4, 17); });
  refused("layer up (Deconv2d)", {1, int64_t{1} << 38, 1, 4},
          [](Builder& b) { b.Deconv("up", b.x, 4, 4, Square(1, kLargestAttribute)); });
  Builder b;
  ExpectError(ErrorCode::kInput, "has 1 inputs, not 2", [&] {
    InferShapes(b.graph, std::vector<Nhwc>{{1, 1, 1, 3}, {1, 1, 1, 3}});
  });
}

TEST(InferShapes, CropsStayInside) {
  const auto crop = [](ConvGeometry of_x, ConvGeometry of_like, Nhwc input) {
    Builder b(1);
    b.Node("crop", Crop{}, {b.Conv("c", b.x, 1, 2, of_x), b.Conv("like", b.x, 1, 1, of_like)});
    return Last(b, input);
  };
  EXPECT_EQ(crop(Square(1, 1, 3), Square(3), {1, 10, 8, 1}), (Nhwc{1, 8, 6, 2}));
  ExpectError(ErrorCode::kInput, "layer crop (Crop) takes rows -1 to 10 and columns -1 to 8 of 10x8 pixels", [&] {
    crop(Square(1), Square(1, 1, 1), {1, 10, 8, 1});
  });
  ConvGeometry after = Square(1);
  after.padding = {0, 1, 0, 0};
  ExpectError(ErrorCode::kInput, "takes rows 0 to 10 and columns 0 to 7 of 10x8", [&] {
    crop(Square(1), after, {1, 10, 8, 1});
  });
  ExpectError(ErrorCode::kInput, "layer crop (Crop): no crop maps the grid 1 * i + 0 onto the grid 1 * i + 0.5", [&] {
    crop(Square(1), Square(2), {1, 10, 8, 1});
  });
  ExpectError(ErrorCode::kInput, "onto the grid 2 * i + 0", [&] { crop(Square(1), Square(1, 2), {1, 10, 8, 1}); });
}

TEST(InferShapes, CropsThatSayWhereTheyBeginStayInside) {
  const auto crop = [](Size2 at, ConvGeometry of_like) {
    Builder b(1);
    b.Node("crop", Crop{.at = at}, {b.Conv("c", b.x, 1, 2, Square(1)), b.Conv("like", b.x, 1, 1, of_like)});
    return Last(b, {1, 10, 8, 1});
  };
  EXPECT_EQ(crop({0, 2}, Square(3)), (Nhwc{1, 8, 6, 2}));
  EXPECT_EQ(crop({5, 4}, Square(1, 2)), (Nhwc{1, 5, 4, 2}));  // of another scale
  ExpectError(ErrorCode::kInput, "layer crop (Crop) takes rows 3 to 10 and columns 0 to 5 of 10x8 pixels", [&] {
    crop({3, 0}, Square(3));
  });
  ExpectError(ErrorCode::kInput, "first row of -1", [&] { crop({-1, 0}, Square(3)); });
}

}  // namespace
}  // namespace fcn
