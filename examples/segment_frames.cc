// segment_frames MODEL: frames of a camera, from memory and on several threads.
//
// A robot's camera gives 8-bit BGR with an unused fourth byte, in rows that end with padding. A Segmenter reads that
// where it lies. One may be used by all threads at once: each frame is computed on its caller's thread, and what is
// kept for the network is there once.

#include <fcn/fcn.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <iostream>
#include <thread>
#include <vector>

namespace {

constexpr int kWidth = 320, kHeight = 240, kPixelBytes = 4, kRowBytes = kWidth * kPixelBytes + 64;
constexpr size_t kFrames = 12;
constexpr int kThreads = 2;

/// What a camera's driver would fill: a ball that rolls to the right.
std::vector<uint8_t> Grab(size_t frame) {
  std::vector<uint8_t> buffer(size_t{kRowBytes} * kHeight, 0);
  for (int y = 0; y < kHeight; y++)
    for (int x = 0; x < kWidth; x++) {
      const int dx = x - 20 * static_cast<int>(frame), dy = y - kHeight / 2;
      uint8_t* pixel = &buffer[static_cast<size_t>(y * kRowBytes + x * kPixelBytes)];
      pixel[0] = 90, pixel[1] = 140, pixel[2] = dx * dx + dy * dy < 900 ? 230 : 60;  // blue, green, red
    }
  return buffer;
}

fcn::PictureView ViewOf(const std::vector<uint8_t>& buffer) {
  fcn::PictureView view;
  view.samples = buffer.data();
  view.width = kWidth, view.height = kHeight;
  view.pixel_bytes = kPixelBytes, view.row_bytes = kRowBytes;
  view.order = {2, 1, 0};  // red is a pixel's third sample
  return view;
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 2) {
    std::cerr << "usage: segment_frames MODEL\n";
    return 2;
  }
  fcn::Segmenter segmenter(argv[1]);
  std::atomic<size_t> next = 0;
  std::vector<size_t> changes(kFrames);              // by frame: no two threads write the same one
  std::vector<std::exception_ptr> failed(kThreads);  // an exception must not leave its thread

  const auto work = [&](size_t thread) {
    try {
      for (size_t frame; (frame = next++) < kFrames;) {
        const std::vector<uint8_t> buffer = Grab(frame);
        fcn::SegmentRequest request;
        request.on_this_thread = true;
        const fcn::Segmentation seen = segmenter.Segment(ViewOf(buffer), request);
        for (size_t i = 1; i < seen.labels().size(); i++)
          if (seen.labels()[i] != seen.labels()[i - 1]) changes[frame]++;
      }
    } catch (...) {
      failed[thread] = std::current_exception();
    }
  };
  {
    std::vector<std::jthread> threads;
    for (size_t i = 1; i < kThreads; i++) threads.emplace_back(work, i);
    work(0);
  }  // waits for them
  for (const std::exception_ptr& failure : failed)
    if (failure) std::rethrow_exception(failure);
  for (size_t i = 0; i < kFrames; i++)
    std::cout << "frame " << i << ": the class changes " << changes[i] << " times along its rows\n";
} catch (const fcn::Error& error) {
  std::cerr << error.what() << "\n";
  return 1;
}
