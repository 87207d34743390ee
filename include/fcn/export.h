#pragma once

/// Marks what the shared library offers; everything else stays hidden.
#define FCN_API __attribute__((visibility("default")))
