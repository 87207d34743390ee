#pragma once

#include <string_view>

namespace fcn {

/// The style sheet of a report.
extern const std::string_view kReportStyle;
/// What a page that compares models has beside it.
extern const std::string_view kComparisonStyle;

}  // namespace fcn
