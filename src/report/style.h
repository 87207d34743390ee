#pragma once

#include <string_view>

namespace fcn {

/// The style sheet of a report.
extern const std::string_view kReportStyle;

}  // namespace fcn
