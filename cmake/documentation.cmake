# The target `doc`: reference documentation of include/fcn with the how-tos of docs/, as HTML in doc/html of the build. A
# warning of Doxygen's (a parameter that is not documented where others are, a broken link) is an error.
find_package(Doxygen)
if(DOXYGEN_FOUND)
  configure_file(${CMAKE_CURRENT_LIST_DIR}/Doxyfile.in ${PROJECT_BINARY_DIR}/Doxyfile @ONLY)
  add_custom_target(doc COMMAND Doxygen::doxygen ${PROJECT_BINARY_DIR}/Doxyfile WORKING_DIRECTORY ${PROJECT_SOURCE_DIR}
                    COMMENT "Reference documentation in ${PROJECT_BINARY_DIR}/doc/html" VERBATIM)
endif()
