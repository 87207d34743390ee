#include "cli/picture_notes.h"

#include <fmt/format.h>

#include "cli/print.h"

namespace fcn::cli {
namespace {

constexpr size_t kShown = 3;  // of each kind

}  // namespace

void PictureNotes::Print(const std::vector<ImageNote>& notes) {
  for (const ImageNote& note : notes) {
    if (++kinds_[note.kind] > kShown) continue;
    PrintNote(note.message, note.hint);
  }
}

void PictureNotes::PrintRest() const {
  for (const auto& [kind, count] : kinds_)
    if (count > kShown)
      PrintNote(fmt::format("and {} more of this kind ({}); all of them with --json", count - kShown, kind));
}

Sample NotedDataset::Get(size_t i) const {
  Sample sample = dataset_.Get(i);
  if (!read_.insert(i).second) return sample;
  printed_.Print(sample.notes);
  notes_.insert(notes_.end(), sample.notes.begin(), sample.notes.end());
  return sample;
}

void TellUntrained(bool is_trained, const std::string& model, nlohmann::ordered_json& json) {
  if (is_trained) return;
  const ImageNote note = {"untrained", model + ": all scores are alike, as before training: no label means anything",
                          "Train it: fcn train --weights FILE; or import weights whose layers of scores are trained."};
  PictureNotes().Print({note});
  json.push_back(NotesJson({note})[0]);
}

nlohmann::ordered_json NotesJson(const std::vector<ImageNote>& notes) {
  nlohmann::ordered_json json = nlohmann::ordered_json::array();
  for (const ImageNote& note : notes)
    json.push_back({{"kind", note.kind}, {"message", note.message}, {"hint", note.hint}});
  return json;
}

}  // namespace fcn::cli
