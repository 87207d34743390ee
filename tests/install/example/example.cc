#include <fcn/error.h>
#include <fcn/version.h>

#include <iostream>

int main() { std::cout << "fcn " << fcn::Version() << ": " << fcn::ErrorCodeName(fcn::ErrorCode::kUsage) << "\n"; }
