# One folder, one static library, so that linking enforces the direction of the dependencies.
#
#   fcn_folder(NAME [PROGRAM output] [ISAS] [SLOW_ISAS] [DEPS target...] [PRIVATE_DEPS target...] [ALONE source...])
#
# compiles every *.cc of the calling folder into the library fcn_NAME, except test.cc and *_test.cc, which become the test
# program NAME_test, and bench.cc, which becomes NAME_bench. A subfolder without a CMakeLists.txt is part of the folder that
# it lies in. ISAS: the tests run once per instruction set, see fcn_add_test. SLOW_ISAS: of the instruction sets that the
# tests sweep (as the last part of their names), SSE4 is left to the full suite. PROGRAM: main.cc becomes the
# program fcn_program, called `output`, and the folder is part of it alone (bench.cc is a verb there); all other folders
# are part of the shared library (the global property FCN_FOLDERS lists them). ALONE: sources that are compiled alone where
# those of a folder are compiled together (CMAKE_UNITY_BUILD), for names in their unnamed namespaces that others have too.
function(fcn_folder name)
  cmake_parse_arguments(arg "ISAS;SLOW_ISAS" "PROGRAM" "DEPS;PRIVATE_DEPS;ALONE" ${ARGN})
  file(GLOB_RECURSE sources RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} CONFIGURE_DEPENDS *.cc)
  file(GLOB_RECURSE others RELATIVE ${CMAKE_CURRENT_SOURCE_DIR} CONFIGURE_DEPENDS */CMakeLists.txt)
  foreach(other IN LISTS others)
    get_filename_component(other ${other} DIRECTORY)
    list(FILTER sources EXCLUDE REGEX "^${other}/")
  endforeach()
  set(tests ${sources})
  list(FILTER tests INCLUDE REGEX "(^|/|_)test\\.cc$")
  list(FILTER sources EXCLUDE REGEX "((^|/|_)test|^main)\\.cc$")
  if(NOT arg_PROGRAM)
    list(FILTER sources EXCLUDE REGEX "^bench\\.cc$")
  endif()
  set_source_files_properties(${arg_ALONE} PROPERTIES SKIP_UNITY_BUILD_INCLUSION ON)
  if(sources)
    add_library(fcn_${name} STATIC ${sources})
    set(scope PUBLIC)
    target_link_libraries(fcn_${name} PRIVATE ${arg_PRIVATE_DEPS})
    if(FCN_OPTIMISED_KERNELS AND CMAKE_CURRENT_SOURCE_DIR MATCHES "/src/(tensor|kernels/)")
      target_compile_options(fcn_${name} PRIVATE -O2)
    elseif(NOT arg_PROGRAM)
      target_precompile_headers(fcn_${name} REUSE_FROM fcn_headers)
    endif()
    if(NOT arg_PROGRAM)
      set_property(GLOBAL APPEND PROPERTY FCN_FOLDERS fcn_${name})
    endif()
  else()
    add_library(fcn_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  target_include_directories(fcn_${name} ${scope} ${PROJECT_SOURCE_DIR}/src
                             $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>)
  target_link_libraries(fcn_${name} ${scope} ${arg_DEPS})
  if(arg_PROGRAM)
    add_executable(fcn_program main.cc)
    target_link_libraries(fcn_program PRIVATE fcn_${name} ${arg_PRIVATE_DEPS})
    set_target_properties(fcn_program PROPERTIES OUTPUT_NAME ${arg_PROGRAM}
                          RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
  endif()
  if(FCN_BUILD_TESTS AND tests)
    fcn_test_program(${name}_test ${tests})
    target_link_libraries(${name}_test PRIVATE fcn_${name} ${arg_PRIVATE_DEPS})
    if(arg_ISAS)
      fcn_add_test(${name}_test ISAS)
    elseif(arg_SLOW_ISAS)
      fcn_add_test(${name}_test ARGS --gtest_filter=-*/sse4)
      fcn_add_test(${name}_test AS ${name}_test@sse4 FULL ARGS --gtest_filter=*/sse4)
    else()
      fcn_add_test(${name}_test)
    endif()
  endif()
  if(FCN_BUILD_BENCHMARKS AND NOT arg_PROGRAM AND EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/bench.cc)
    add_executable(${name}_bench bench.cc)
    target_include_directories(${name}_bench PRIVATE ${PROJECT_SOURCE_DIR}/tests)  # its graphs are built as those of tests
    target_link_libraries(${name}_bench PRIVATE fcn_${name} benchmark::benchmark_main)
  endif()
endfunction()

# A program of GoogleTest's, fcn_test_program(NAME source...): what is tested is optimised, the tests themselves are not (of
# kernels hardly, for their references), and they share precompiled headers: they would take more than half of the build's
# time.
function(fcn_test_program name)
  add_executable(${name} ${ARGN})
  set(headers fcn_test_headers)
  if(CMAKE_CURRENT_SOURCE_DIR MATCHES "/src/kernels/")
    set(headers fcn_kernel_test_headers)
  endif()
  target_compile_options(${name} PRIVATE $<TARGET_PROPERTY:${headers},COMPILE_OPTIONS>)
  target_precompile_headers(${name} REUSE_FROM ${headers})
  if(CMAKE_UNITY_BUILD)
    target_compile_options(${name} PRIVATE -Wno-shadow)  # a local name may be one that another file's test uses
  endif()
  target_link_libraries(${name} PRIVATE fcn_test_support GTest::gmock GTest::gtest_main)
endfunction()

# Registers a test program with ctest: fcn_add_test(TARGET [AS name] [ISAS] [FULL] [SHARDS n] [COST n] [ARGS arg...]).
# With ISAS it runs once for each instruction set of FCN_TEST_ISAS, forced through FCN_ISA, as TARGET@isa with the label
# isa; one that this machine lacks is reported as skipped. For programs that run kernels without sweeping the instruction
# sets themselves. FULL: labelled so, and run by tools/full-check.sh and `./test.sh --full` alone. SHARDS: as so many tests
# (TARGET/1 …), each with its share of the program's, for a program that takes minutes. COST: in seconds, about; the longest
# begin first, so that none is left over at the end.
function(fcn_add_test target)
  cmake_parse_arguments(arg "ISAS;FULL" "AS;SHARDS;COST" "ARGS" ${ARGN})
  if(NOT arg_AS)
    set(arg_AS ${target})
  endif()
  if(NOT arg_COST)
    set(arg_COST 0)
  endif()
  set(full "")
  if(arg_FULL)
    set(full full)
  endif()
  if(arg_SHARDS)
    math(EXPR last "${arg_SHARDS} - 1")
    foreach(shard RANGE ${last})
      math(EXPR number "${shard} + 1")
      set(name ${arg_AS}/${number})
      add_test(NAME ${name} COMMAND ${target} ${arg_ARGS})
      set_tests_properties(${name} PROPERTIES TIMEOUT ${FCN_TEST_SECONDS} LABELS "${full}" COST ${arg_COST}
        ENVIRONMENT "GTEST_TOTAL_SHARDS=${arg_SHARDS};GTEST_SHARD_INDEX=${shard}")
    endforeach()
    return()
  endif()
  if(NOT arg_ISAS OR NOT FCN_TEST_ISAS)
    add_test(NAME ${arg_AS} COMMAND ${target} ${arg_ARGS})
    set_tests_properties(${arg_AS} PROPERTIES TIMEOUT ${FCN_TEST_SECONDS} LABELS "${full}" COST ${arg_COST})
    return()
  endif()
  foreach(isa IN LISTS FCN_TEST_ISAS)
    add_test(NAME ${arg_AS}@${isa} COMMAND fcn_with_isa ${isa} $<TARGET_FILE:${target}> ${arg_ARGS})
    set_tests_properties(${arg_AS}@${isa} PROPERTIES TIMEOUT ${FCN_TEST_SECONDS} LABELS "${isa};${full}" SKIP_RETURN_CODE 77
                         COST ${arg_COST})
  endforeach()
endfunction()
