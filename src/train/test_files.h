#pragma once

// What the tests of this folder share.

#include <filesystem>
#include <string>
#include <vector>

#include "fcn/files.h"
#include "support/file_size_limit.h"
#include "support/temporary_folder.h"

namespace fcn {

using test::FileSizeLimit;
using test::FileText;
using test::TemporaryFolder;

}  // namespace fcn
