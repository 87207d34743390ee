# What can be switched, and the flags that every target is compiled with.
option(FCN_BUILD_TESTS "Build the tests" ${PROJECT_IS_TOP_LEVEL})
option(FCN_BUILD_BENCHMARKS "Build the kernel benchmarks" OFF)
option(FCN_BUILD_FUZZERS "Build the fuzz targets (needs Clang)" OFF)
option(FCN_OPTIMISED_KERNELS "Optimise kernels, and the references of their tests, in a debug build, too" OFF)
option(FCN_WERROR "Treat warnings as errors" ${PROJECT_IS_TOP_LEVEL})
set(FCN_SANITIZE "" CACHE STRING "Sanitizers, as in -fsanitize=...: address,undefined or thread")
if(CMAKE_SYSTEM_PROCESSOR MATCHES "aarch64|arm64")
  set(default_isas neon)
else()
  set(default_isas sse4 avx2 avx512)
endif()
# Without SSSE3 and AVX3_DL, which no kernel of ours gains from. A build for quick checks may leave out more.
set(FCN_DISABLED_TARGETS "HWY_SSSE3|HWY_AVX3_DL" CACHE STRING "Highway's targets that no kernel is compiled for")
set(FCN_TEST_ISAS "${default_isas}" CACHE STRING
    "Instruction sets that whole-network tests are run with, one after the other; empty: once, with the fastest")

set(FCN_TEST_SECONDS 900 CACHE STRING "How long one test program may take; sanitizers need longer")

if(NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
  set(CMAKE_BUILD_TYPE Release CACHE STRING "Build type" FORCE)
endif()

include(GNUInstallDirs)
set(CMAKE_CXX_STANDARD 20)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_CXX_VISIBILITY_PRESET hidden)
set(CMAKE_VISIBILITY_INLINES_HIDDEN ON)

# -ffp-contract=off: a multiply and an add are fused where the code says so and nowhere else, so that a reference and a
# kernel's scalar remainder give the same bits under every compiler.
add_compile_options(-Wall -Wextra -Wpedantic -Wshadow -ffp-contract=off)
if(FCN_WERROR)
  add_compile_options(-Werror)
endif()
if(FCN_SANITIZE)
  add_compile_options(-fsanitize=${FCN_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all -g1)
  add_link_options(-fsanitize=${FCN_SANITIZE})
  add_compile_definitions(FCN_SANITIZED)  # a test of memory use leaves itself out: sanitizers have memory of their own
endif()
if(FCN_BUILD_FUZZERS)
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
