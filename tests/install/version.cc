#include <fcn/fcn.h>

#include <iostream>

int main() { std::cout << fcn::Version() << "\n"; }
