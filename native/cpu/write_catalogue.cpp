// Prints mechanisms.json, from which Java knows names, units and defaults.
#include <cstdio>

#include "cpu/catalogue.h"

int main() { return std::fputs(galvani::catalogue_json().c_str(), stdout) < 0; }
