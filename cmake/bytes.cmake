# A file's bytes as the inside of a C array: cmake -D FROM=file -D TO=file -P bytes.cmake
file(READ ${FROM} bytes HEX)
string(REGEX REPLACE "(..)" "0x\\1," bytes "${bytes}")
file(WRITE ${TO} "${bytes}\n")
