// Nothing but the owner of the headers that all test programs have precompiled: see CMakeLists.txt beside this folder.
int main() {}
