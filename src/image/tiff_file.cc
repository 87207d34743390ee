#include "image/tiff_file.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <utility>

namespace fcn {

namespace {

/// Directories that are asked whether they are pages; libtiff walks from the first to each.
constexpr int64_t kMostLookedAt = 32;

}  // namespace

/// How libtiff reads from memory, through the State that it gets as its handle.
struct TiffFile::Callbacks {
  static State& Of(thandle_t handle) { return *static_cast<State*>(handle); }

  static tmsize_t Read(thandle_t handle, void* out, tmsize_t wanted) {
    State& state = Of(handle);
    const std::span<const uint8_t> bytes = state.source.bytes;
    const size_t left = state.position < bytes.size() ? bytes.size() - state.position : 0;
    const size_t count = std::min(static_cast<size_t>(wanted), left);
    if (count > 0) std::memcpy(out, bytes.data() + state.position, count);
    if (count < static_cast<size_t>(wanted)) state.past_end = true;
    state.position += count;
    return static_cast<tmsize_t>(count);
  }
  static tmsize_t Write(thandle_t, void*, tmsize_t) { return -1; }
  static toff_t Seek(thandle_t handle, toff_t offset, int whence) {
    State& state = Of(handle);
    if (whence == SEEK_CUR) offset += state.position;
    if (whence == SEEK_END) offset += state.source.bytes.size();
    return state.position = offset;
  }
  static int Close(thandle_t) { return 0; }
  static toff_t Size(thandle_t handle) { return Of(handle).source.bytes.size(); }

  static int OnError(TIFF*, void* user, const char*, const char* format, va_list args) {
    std::string& error = static_cast<State*>(user)->error;
    char text[256];
    std::vsnprintf(text, sizeof text, format, args);
    if (error.empty()) error = text;
    return 1;  // handled: not printed
  }
  static int OnWarning(TIFF*, void*, const char*, const char*, va_list) { return 1; }
};

TiffFile::TiffFile(const Source& source) : state_(source) {
  const std::unique_ptr<TIFFOpenOptions, void (*)(TIFFOpenOptions*)> options(TIFFOpenOptionsAlloc(),
                                                                             TIFFOpenOptionsFree);
  if (!options) throw std::bad_alloc();
  TIFFOpenOptionsSetErrorHandlerExtR(options.get(), Callbacks::OnError, &state_);
  TIFFOpenOptionsSetWarningHandlerExtR(options.get(), Callbacks::OnWarning, &state_);
  // libtiff allocates tables by what the header says before anyone can check it.
  const auto size = static_cast<int64_t>(source.bytes.size());
  TIFFOpenOptionsSetMaxSingleMemAlloc(options.get(), MostBlockBytes() + 2 * size + (int64_t{1} << 20));
  // "r": read; "m": no memory mapping, so that Read sees every access.
  tiff_.reset(TIFFClientOpenExt(source.name.c_str(), "rm", &state_, Callbacks::Read, Callbacks::Write, Callbacks::Seek,
                                Callbacks::Close, Callbacks::Size, nullptr, nullptr, options.get()));
  if (!tiff_) Fail("it has no directory");
  ChoosePage();
}

void TiffFile::ChoosePage() {
  // What the chain of directories says, or does not, is nothing against the page that is read.
  const bool past_end = std::exchange(state_.past_end, false);
  const std::string error = std::exchange(state_.error, {});
  const auto smaller_or_mask = [&] {
    uint32_t kind = 0;
    TIFFGetField(get(), TIFFTAG_SUBFILETYPE, &kind);
    return (kind & (FILETYPE_REDUCEDIMAGE | FILETYPE_MASK)) != 0;
  };
  const int64_t pages = TIFFNumberOfDirectories(get());
  int page = state_.source.options.page;
  const bool chain_is_broken = state_.past_end || !state_.error.empty();
  if (page > pages) fcn::ChoosePage(state_.source, pages);  // throws
  // Smaller copies of a page and its masks are stored like pages and are none.
  const bool copy_first = page == 1 && smaller_or_mask();
  bool has_others = false;
  for (int64_t i = 0; i < std::min<int64_t>(pages, kMostLookedAt) && !has_others; i++) {
    has_others = i + 1 != page && TIFFSetDirectory(get(), static_cast<tdir_t>(i)) && !smaller_or_mask();
    if (has_others && copy_first) page = static_cast<int>(i + 1);
  }
  if (has_others && copy_first)
    state_.source.Note("pages",
                       fmt::format("{} has {} pages, page {} is read: those before it are smaller copies or masks",
                                   state_.source.name, pages, page),
                       "--page chooses another.");
  else if (has_others)
    fcn::ChoosePage(state_.source, pages);
  if (chain_is_broken && state_.source.options.strict)
    ThrowCorrupt(state_.source, "TIFF", "the list of its pages is not whole");
  if (chain_is_broken)
    state_.source.Note("damaged",
                       fmt::format("{} is damaged behind its {}", state_.source.name,
                                   pages == 1 ? "first page" : fmt::format("first {} pages", pages)),
                       kDamagedHint);
  state_.past_end = past_end;
  state_.error = error;
  if (pages > 1 && !TIFFSetDirectory(get(), static_cast<tdir_t>(page - 1))) Fail("it has no directory");
}

int64_t TiffFile::MostBlockBytes() const {
  constexpr int64_t kMost = int64_t{1} << 59;  // for eight bytes each
  return 8 * std::min(kMost, MostPixels(state_.source.options, static_cast<int64_t>(state_.source.bytes.size())));
}

uint16_t TiffFile::Short(uint32_t tag, const char* name) const {
  uint16_t value = 0;
  if (!TIFFGetFieldDefaulted(get(), tag, &value)) Fail(fmt::format("it does not say its {}", name));
  return value;
}

uint32_t TiffFile::Long(uint32_t tag, const char* name) const {
  uint32_t value = 0;
  if (!TIFFGetFieldDefaulted(get(), tag, &value)) Fail(fmt::format("it does not say its {}", name));
  return value;
}

void TiffFile::Fail(const std::string& otherwise) const {
  ThrowCorrupt(state_.source, "TIFF", state_.error.empty() ? otherwise : state_.error);
}

void TiffFile::CheckWhole() const {
  if (state_.past_end) Fail("it refers to bytes past its end");
}

}  // namespace fcn
