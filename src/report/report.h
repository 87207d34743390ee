#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fcn/image.h"
#include "report/plot.h"

namespace fcn {

/// A class by the colour it is drawn in.
struct LegendEntry {
  std::string name;
  Colour colour;
};

/// The photograph that opens the page, and what was found in it.
struct ReportPhoto {
  Image photo, overlay;  ///< of one size
  std::string name;      ///< "dog.jpg"
  struct Found {
    LegendEntry label;
    double share;  ///< of the photograph's pixels, from 0 to 1
  };
  std::vector<Found> found;  ///< the largest first: every colour that the overlay shows
  std::string model;         ///< what labelled it: "animals-and-people"
};

/// Labels in their palette's colours.
struct ReportLabels {
  Image prediction, truth;
};

/// One sample beside what a network made of it.
struct ReportRow {
  std::string name;
  Image photo;
  std::vector<ReportLabels> heads;  ///< of each head
};

/// What the best validation of a run found: shares from 0 to 1, NaN for what is not known.
struct ReportScores {
  static constexpr double kUnknown = std::numeric_limits<double>::quiet_NaN();
  int64_t iteration = 0;
  double pixel_accuracy = kUnknown, mean_accuracy = kUnknown, mean_iu = kUnknown, fw_iu = kUnknown;
  std::vector<std::pair<std::string, double>> per_class;  ///< IU; NaN for a class that does not occur
};

/// A head of the network, of which a run may have several.
struct ReportHead {
  std::string name;                                ///< empty where it is the only one
  std::vector<std::pair<double, double>> mean_iu;  ///< of the validations, over iterations
  std::optional<ReportScores> scores;
  std::vector<LegendEntry> legend;  ///< its classes
};

/// What the page shows. All but the title may be empty, and its part of the page is then left out.
struct ReportInput {
  std::string title;
  std::string lead;  ///< a sentence or two below the title
  std::optional<ReportPhoto> photo;
  std::string training;                         ///< a sentence or two above the curves: what learned from what
  std::vector<std::pair<double, double>> loss;  ///< over iterations
  std::vector<ReportHead> heads = std::vector<ReportHead>(1);
  std::vector<ReportRow> rows;
  std::vector<std::pair<std::string, std::string>> facts;  ///< name and value, for the page's foot
};

/// One HTML page that needs nothing from outside: its style, its pictures (WebP and PNG) and its plots (SVG) are in it.
/// Readable in light and dark, on paper and on telephones; without JavaScript. Every text is escaped. Throws
/// Error(kMemory) where a picture does not fit.
std::string TrainingReport(const ReportInput& input);

}  // namespace fcn
