// Nothing but the owner of the headers that all folders of src/ have precompiled: see src/CMakeLists.txt.
