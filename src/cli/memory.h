#pragma once

namespace fcn::cli {

/// Memory of this process that is in RAM now, and the most that ever was, in MB (10⁶ bytes), as the kernel counts it.
double ResidentMegabytes();
double PeakResidentMegabytes();

}  // namespace fcn::cli
