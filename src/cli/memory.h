#pragma once

namespace fcn::cli {

/// Memory of this process that is in RAM now, and the most that ever was, in MB (10⁶ bytes), as the kernel counts it.
double ResidentMegabytes();
double PeakResidentMegabytes();

/// Where `ulimit -v` limits addresses, keeps the allocator from reserving 64 MB of them for each thread. To be called
/// before there are any.
void SpareAddressSpace();

}  // namespace fcn::cli
