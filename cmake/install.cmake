# The shared library libfcn, made of all folders, and what `cmake --install` puts on a system: library, public headers,
# CMake package (find_package(fcn), target fcn::fcn), fcn.pc for pkg-config, and the program fcn, which needs no libfcn.
include(CMakePackageConfigHelpers)

get_property(folders GLOBAL PROPERTY FCN_FOLDERS)
list(TRANSFORM folders REPLACE "(.+)" "$<TARGET_OBJECTS:\\1>" OUTPUT_VARIABLE objects)
set(symbols ${CMAKE_CURRENT_LIST_DIR}/exported_symbols.map)
# Made of the objects, because the linker takes from archives only what something inside of the library calls; the
# folders are linked for what they depend on.
add_library(fcn SHARED ${objects})
add_library(fcn::fcn ALIAS fcn)
target_link_libraries(fcn PRIVATE ${folders})
target_link_options(fcn PRIVATE "LINKER:--version-script=${symbols}")
target_include_directories(fcn INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>
                           $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_compile_features(fcn INTERFACE cxx_std_20)
# Before 1.0 a minor version may change the interface, so it is part of the name that programs ask for.
set_target_properties(fcn PROPERTIES LINKER_LANGUAGE CXX VERSION ${PROJECT_VERSION}
                      SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR} LINK_DEPENDS ${symbols})

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/fcn)
install(TARGETS fcn EXPORT fcnTargets)
install(TARGETS fcn_program)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/include/fcn TYPE INCLUDE FILES_MATCHING PATTERN "*.h")
install(EXPORT fcnTargets NAMESPACE fcn:: DESTINATION ${package_dir})
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/fcnConfig.cmake.in ${PROJECT_BINARY_DIR}/fcnConfig.cmake
                              INSTALL_DESTINATION ${package_dir})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/fcnConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/fcnConfig.cmake ${PROJECT_BINARY_DIR}/fcnConfigVersion.cmake
        DESTINATION ${package_dir})
# Says where it is by its own place, so that a tree may be moved.
cmake_path(RELATIVE_PATH CMAKE_INSTALL_PREFIX BASE_DIRECTORY ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig
           OUTPUT_VARIABLE relative_prefix)
configure_file(${CMAKE_CURRENT_LIST_DIR}/fcn.pc.in ${PROJECT_BINARY_DIR}/fcn.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/fcn.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE TYPE DOC)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/docs/ TYPE DOC FILES_MATCHING PATTERN "*.md" PATTERN images EXCLUDE)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/examples DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/models DESTINATION ${CMAKE_INSTALL_DATADIR}/fcn FILES_MATCHING
        PATTERN "*.safetensors" PATTERN "*.md")
