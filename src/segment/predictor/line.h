#pragma once

#include <condition_variable>
#include <list>
#include <variant>

namespace fcn {

/// A line of waiting requests, first come, first served, so that none is overtaken for ever. It is used under a mutex
/// of those who wait on the condition variable.
class Line {
 public:
  explicit Line(std::condition_variable& changed) : changed_(changed) {}

  /// A place at its end, until it is left.
  class Place {
   public:
    explicit Place(Line& line) : line_(line), at_(line.places_.emplace(line.places_.end())) {}
    ~Place() {
      line_.places_.erase(at_);
      line_.changed_.notify_all();
    }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

    bool is_first() const { return at_ == line_.places_.begin(); }

   private:
    Line& line_;
    std::list<std::monostate>::iterator at_;
  };

 private:
  std::condition_variable& changed_;
  std::list<std::monostate> places_;
};

}  // namespace fcn
