// Requests that come while another size is compiled. A gate in the weights holds the compilation, so that no test
// depends on how long anything takes.

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <optional>
#include <thread>
#include <vector>

#include "runtime/test_networks.h"
#include "segment/predictor/program_cache.h"
#include "segment/predictor/test_gate.h"
#include "support/expect_error.h"

namespace fcn {
namespace {

using test::ExpectError;
using test::kFewPixels;
using test::kManyPixels;
using test::RandomSource;

class Compiling : public testing::Test {
 protected:
  std::unique_ptr<ProgramCache> Cache(int64_t max_memory = 0) {
    CompileOptions options;
    options.max_memory = max_memory;
    return std::make_unique<ProgramCache>(weights.Source(), options, context);
  }
  ProgramCache::Request Admit(ProgramCache& cache, const Nhwc& size, const CancellationToken* token = nullptr) const {
    return cache.Admit(graph, std::span(&size, 1), 0, token);
  }
  /// What a request gives for an image of its size.
  std::vector<float> Answer(ProgramCache::Request request) const {
    Tensor input(request.plan().input_shapes[0]);
    test::FillUniform(input.data(), input.shape().elements(), 7);
    const ConstAnyView view = input.view();
    const std::vector<AnyTensor> outputs = request.Run(std::span(&view, 1), context);
    const std::span<const float> scores = outputs[0].values<float>();
    return {scores.begin(), scores.end()};
  }
  std::vector<float> AnswerAlone(const Nhwc& size) const {
    ProgramCache cache(RandomSource(), {}, context);
    return Answer(Admit(cache, size));
  }

  const Context context{2};
  const std::shared_ptr<const Graph> graph = test::LayerOfTwoPackings();
  test::GatedWeights weights{RandomSource(), "fc.weight"};
};

TEST_F(Compiling, AnotherSizeDoesNotWait) {
  const auto cache = Cache();
  std::atomic<bool> is_compiled = false;
  std::vector<float> many;
  std::thread first([&] {
    ProgramCache::Request request = Admit(*cache, kManyPixels);
    is_compiled = true;
    many = Answer(std::move(request));
  });
  weights.gate().WaitForSomebody();
  // Of the second size the first layer has another form. It is new, too, then known.
  for (int i = 0; i < 2; i++) EXPECT_EQ(Answer(Admit(*cache, kFewPixels)), AnswerAlone(kFewPixels));
  EXPECT_FALSE(is_compiled);
  weights.gate().Open();
  first.join();
  EXPECT_EQ(many, AnswerAlone(kManyPixels));
  EXPECT_EQ(weights.asked("fc.weight"), 2) << "once for each form";
  EXPECT_EQ(weights.asked("score.weight"), 1) << "both programs share that layer";
  EXPECT_EQ(cache->programs(), 2u);
}

TEST_F(Compiling, OneSizeIsCompiledOnceForAll) {
  const auto cache = Cache();
  constexpr size_t kRequests = 4;
  std::vector<std::shared_ptr<const Program>> programs(kRequests);
  std::vector<std::thread> threads;
  for (size_t i = 0; i < kRequests; i++)
    threads.emplace_back([&, i] { programs[i] = Admit(*cache, kManyPixels).program(); });
  weights.gate().WaitForSomebody();
  weights.gate().Open();
  for (std::thread& thread : threads) thread.join();
  for (const auto& program : programs) EXPECT_EQ(program, programs[0]);
  EXPECT_EQ(weights.asked("fc.weight"), 1);
  EXPECT_EQ(cache->programs(), 1u);
}

TEST_F(Compiling, WhoIsCancelledLeavesTheOthers) {
  const auto cache = Cache();
  CancellationToken first_token, second_token;
  std::thread first(
      [&] { ExpectError(ErrorCode::kCancelled, "cancelled", [&] { Admit(*cache, kManyPixels, &first_token); }); });
  weights.gate().WaitForSomebody();
  std::thread second([&] {  // waits for the first
    ExpectError(ErrorCode::kCancelled, "cancelled", [&] { Admit(*cache, kManyPixels, &second_token); });
  });
  std::vector<float> many;
  std::thread third([&] { many = Answer(Admit(*cache, kManyPixels)); });
  second_token.Cancel();
  second.join();
  first_token.Cancel();
  weights.gate().Open();
  first.join();
  third.join();
  EXPECT_EQ(many, AnswerAlone(kManyPixels)) << "it compiles where the first gave up";
}

TEST_F(Compiling, WhatFailsFailsAlone) {
  const WeightSource broken = [&, source = RandomSource(),
                               failed = std::make_shared<std::atomic<bool>>(false)](const Value& parameter) {
    if (parameter.name == "score.weight" && !failed->exchange(true))
      throw Error(ErrorCode::kIo, "the file is gone", "Put it back.");
    return source(parameter);
  };
  ProgramCache cache(broken, {}, context);
  ExpectError(ErrorCode::kIo, "gone", [&] { Admit(cache, kFewPixels); });
  EXPECT_EQ(cache.programs(), 0u);
  EXPECT_EQ(Answer(Admit(cache, kFewPixels)), AnswerAlone(kFewPixels));
}

TEST_F(Compiling, ItsMemoryIsTaken) {
  // Room for one of the two: the second waits until the first is done, though nothing of that exists yet.
  const int64_t limit = MakePlan(graph, std::span(&kManyPixels, 1), {}, context).memory.peak();
  const auto cache = Cache(limit);
  CancellationToken token;
  std::thread first([&] { Admit(*cache, kManyPixels); });
  weights.gate().WaitForSomebody();
  std::thread second(
      [&] { ExpectError(ErrorCode::kCancelled, "cancelled", [&] { Admit(*cache, kFewPixels, &token); }); });
  std::this_thread::sleep_for(std::chrono::milliseconds(20));  // without, it would mostly not have begun
  token.Cancel();
  second.join();
  weights.gate().Open();
  first.join();
  EXPECT_EQ(Answer(Admit(*cache, kFewPixels)), AnswerAlone(kFewPixels));
}

TEST_F(Compiling, ARequestThatWaitsForMemoryCanBeCancelled) {
  const int64_t limit = MakePlan(graph, std::span(&kManyPixels, 1), {}, context).memory.peak();
  weights.gate().Open();
  const auto cache = Cache(limit);
  CancellationToken token;
  auto first = std::make_optional(Admit(*cache, kManyPixels));
  std::thread second(
      [&] { ExpectError(ErrorCode::kCancelled, "cancelled", [&] { Admit(*cache, kManyPixels, &token); }); });
  std::atomic<bool> is_admitted = false;
  std::thread third([&] {  // maybe behind it
    Admit(*cache, kManyPixels);
    is_admitted = true;
  });
  token.Cancel();
  second.join();
  EXPECT_FALSE(is_admitted);
  first.reset();
  third.join();
}

}  // namespace
}  // namespace fcn
