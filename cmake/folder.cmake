# One folder, one static library, so that linking enforces the direction of the dependencies.
#
#   fcn_folder(NAME [DEPS target...] [PRIVATE_DEPS target...])
#
# compiles every *.cc of the calling folder into the library fcn_NAME, except test.cc and *_test.cc, which become the test
# program NAME_test, and bench.cc, which becomes NAME_bench.
function(fcn_folder name)
  cmake_parse_arguments(arg "" "" "DEPS;PRIVATE_DEPS" ${ARGN})
  file(GLOB sources CONFIGURE_DEPENDS *.cc passes/*.cc)
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "(/test|_test)\\.cc$")
  list(FILTER sources EXCLUDE REGEX "(/test|_test|/bench)\\.cc$")
  if(sources)
    add_library(fcn_${name} STATIC ${sources})
    set(scope PUBLIC)
    target_link_libraries(fcn_${name} PRIVATE ${arg_PRIVATE_DEPS})
    set_property(GLOBAL APPEND PROPERTY FCN_FOLDERS fcn_${name})
  else()
    add_library(fcn_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(fcn_${name} ${scope} ${PROJECT_SOURCE_DIR}/src
                             $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>)
  target_link_libraries(fcn_${name} ${scope} ${arg_DEPS})
  target_compile_definitions(fcn_${name} ${scope} FCN_BUILDING)
  if(FCN_BUILD_TESTS AND tests)
    add_executable(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE fcn_${name} fcn_test_support ${arg_PRIVATE_DEPS} GTest::gmock
                          GTest::gtest_main)
    fcn_add_test(${name}_test)
  endif()
  if(FCN_BUILD_BENCHMARKS AND EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/bench.cc)
    add_executable(${name}_bench bench.cc)
    target_link_libraries(${name}_bench PRIVATE fcn_${name} benchmark::benchmark_main)
  endif()
endfunction()

# Registers a GoogleTest program; where it ends in _test of a folder that has kernels or runs them, the list FCN_TEST_ISAS
# makes it run once per forced instruction set.
function(fcn_add_test target)
  add_test(NAME ${target} COMMAND ${target})
  set_tests_properties(${target} PROPERTIES TIMEOUT 900)
endfunction()
