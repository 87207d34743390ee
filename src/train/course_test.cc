#include "train/course.h"

#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "support/expect_error.h"

namespace fcn {
namespace {

using test::ExpectError;

const CourseOptions kShort{.max_iterations = 5, .log_interval = 2, .images_per_iteration = 4, .images = 8};

void Validate(Course& course, double mean_iu) {
  course.AddValidation({.iteration = course.iteration(), .heads = {{.mean_iu = mean_iu, .class_iu = {mean_iu, 0.25}}}});
}

TEST(Course, ALineHasTheMeanLossSinceTheOneBefore) {
  Course course(kShort);
  EXPECT_FALSE(course.AddUpdate(1, 0.5));
  EXPECT_EQ(course.Progress().loss, 1);
  const auto line = course.AddUpdate(2, 0.25);
  ASSERT_TRUE(line);
  EXPECT_EQ(line->iteration, 2);
  EXPECT_EQ(line->epoch, 1);
  EXPECT_EQ(line->loss, 1.5);
  EXPECT_EQ(line->rate, 0.25);
  EXPECT_EQ(course.Progress().loss, 1.5);
  EXPECT_EQ(course.Progress().rate, 0.25);
  EXPECT_FALSE(course.AddUpdate(3, 0.125));
  EXPECT_TRUE(course.AddUpdate(3, 0.125));
  EXPECT_FALSE(course.is_at_end());
  const auto last = course.AddUpdate(8, 0.125);  // not due yet, but nothing comes after
  EXPECT_TRUE(course.is_at_end());
  ASSERT_TRUE(last);
  EXPECT_EQ(last->loss, 8);
  EXPECT_EQ(course.history().size(), 3u);
}

TEST(Course, TheFirstOfEqualScoresStaysTheBest) {
  Course course(kShort);
  EXPECT_TRUE(std::isnan(course.best_mean_iu()));
  constexpr struct {
    double mean_iu, best;
    int64_t best_iteration, worse;
  } kValidations[] = {{0.5, 0.5, 1, 0}, {0.5, 0.5, 1, 1}, {NAN, 0.5, 1, 1}, {0.25, 0.5, 1, 2}, {0.75, 0.75, 5, 0}};
  for (const auto& [mean_iu, best, best_iteration, worse] : kValidations) {
    course.AddUpdate(1, 0.1);
    EXPECT_EQ(course.IsBest(mean_iu), best_iteration == course.iteration());
    Validate(course, mean_iu);
    EXPECT_EQ(course.best_mean_iu(), best) << course.iteration();
    EXPECT_EQ(course.best_iteration(), best_iteration) << course.iteration();
    EXPECT_EQ(course.worse_validations(), worse) << course.iteration();
    EXPECT_EQ(course.point().validated, course.iteration());
  }
}

constexpr size_t kClasses[] = {2};

/// After three updates and two validations.
Course Begun() {
  Course course(kShort);
  course.AddUpdate(0.1, 0.5);
  Validate(course, 0.5);
  course.AddUpdate(0.2, 0.5);
  Validate(course, 0.25);
  course.AddUpdate(1.0 / 3, 0.25);
  return course;
}

TEST(Course, GoesOnFromACheckpointAsIfItHadNot) {
  Course left_alone = Begun();
  Checkpoint checkpoint;
  left_alone.WriteTo(checkpoint);
  Course resumed(kShort);
  resumed.ReadFrom(checkpoint, kClasses, "c");
  EXPECT_EQ(resumed.point(), left_alone.point());
  EXPECT_EQ(resumed.worse_validations(), 1);
  for (Course* course : {&left_alone, &resumed}) {
    course->AddUpdate(0.7, 0.125);
    Validate(*course, 0.5);
  }
  EXPECT_EQ(PrintHistory(resumed.history()), PrintHistory(left_alone.history()));
  EXPECT_EQ(resumed.best_iteration(), left_alone.best_iteration());
  EXPECT_EQ(resumed.worse_validations(), left_alone.worse_validations());
}

TEST(Course, WhatContradictsItselfIsRefused) {
  const auto refused = [](const std::string& message, const std::function<void(Checkpoint&)>& change,
                          size_t classes = 2) {
    Checkpoint checkpoint;
    Begun().WriteTo(checkpoint);
    change(checkpoint);
    Course course(kShort);
    ExpectError(ErrorCode::kInput, "c: " + message, [&] { course.ReadFrom(checkpoint, std::span(&classes, 1), "c"); });
  };
  refused("it is at iteration 6 of 5", [](Checkpoint& c) { c.iteration = 6; });
  refused(
      "the history has scores of 2 classes, and there are 3", [](Checkpoint&) {}, 3);
  refused("the best score is 0.75, of iteration 1, but the history's is 0.5",
          [](Checkpoint& c) { c.best_score = 0.75; });
  refused("the best score is 0.5, of iteration 2, but", [](Checkpoint& c) { c.best_iteration = 2; });
  refused("the metadata lack \"validated\"", [](Checkpoint& c) { c.metadata.erase("validated"); });
  refused("\"validated\" is \"4\", not a whole number of 0 to 3", [](Checkpoint& c) { c.metadata["validated"] = "4"; });
  refused("\"worse_validations\" is \"3\", not", [](Checkpoint& c) { c.metadata["worse_validations"] = "3"; });
  refused("\"loss_count\" is \"2\", not a whole number of 0 to 1",
          [](Checkpoint& c) { c.metadata["loss_count"] = "2"; });
  refused("\"loss_sum\" is \"nan\" for 1 losses", [](Checkpoint& c) { c.metadata["loss_sum"] = "nan"; });
  refused("\"loss_sum\" is \"1\" for 0 losses",
          [](Checkpoint& c) { c.metadata["loss_sum"] = "1", c.metadata["loss_count"] = "0"; });
}

TEST(Course, OfTwoHeads) {
  CourseOptions options = kShort;
  options.heads = {"class", "geometry"};
  const auto validate = [](Course& course, double first, double second) {
    course.AddValidation({.iteration = course.iteration(),
                          .heads = {{.name = "class", .mean_iu = first, .class_iu = {first}},
                                    {.name = "geometry", .mean_iu = second, .class_iu = {second, 0}}}});
  };
  Course left_alone(options);
  const auto update = [](Course& course, double a, double b) {
    return course.AddUpdate(a + b, 0.5, std::vector<double>{a, b});
  };
  EXPECT_FALSE(update(left_alone, 1, 0.5));
  const auto line = update(left_alone, 2, 0.25);
  ASSERT_TRUE(line);
  EXPECT_EQ(line->loss, 1.875);
  EXPECT_EQ(line->head_losses, (std::vector<std::pair<std::string, double>>{{"class", 1.5}, {"geometry", 0.375}}));
  validate(left_alone, 0.25, 0.75);
  EXPECT_EQ(left_alone.best_mean_iu(), 0.5) << "the mean of both";
  EXPECT_FALSE(update(left_alone, 1.0 / 3, 0.1));
  validate(left_alone, 0.5, 0.25);
  EXPECT_EQ(left_alone.worse_validations(), 1);

  Checkpoint checkpoint;
  left_alone.WriteTo(checkpoint);
  constexpr size_t kOfHeads[] = {1, 2};
  Course resumed(options);
  resumed.ReadFrom(checkpoint, kOfHeads, "c");
  for (Course* course : {&left_alone, &resumed}) EXPECT_TRUE(update(*course, 0.7, 0.2));
  EXPECT_EQ(PrintHistory(resumed.history()), PrintHistory(left_alone.history()));

  const auto refused = [&](
                           const std::string& message, CourseOptions others, std::vector<size_t> classes,
                           const std::function<void(Checkpoint&)>& change = [](Checkpoint&) {}) {
    Checkpoint changed = checkpoint;
    change(changed);
    Course course(std::move(others));
    ExpectError(ErrorCode::kInput, "c: " + message, [&] { course.ReadFrom(changed, classes, "c"); });
  };
  refused("the history has scores of 2 classes, and there are 3", options, {1, 3});
  refused("the history speaks of other heads", kShort, {1});
  refused("the metadata lack \"loss_sum.geometry\"", options, {1, 2},
          [](Checkpoint& c) { c.metadata.erase("loss_sum.geometry"); });
  options.heads = {"class", "depth"};
  refused("the history speaks of other heads", options, {1, 2});
}

}  // namespace
}  // namespace fcn
