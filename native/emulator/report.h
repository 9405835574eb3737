// What the emulator has to say: to standard error, and to the tests.
#pragma once

#include <string>

namespace galvani::emulator {

// Says that a call was refused, a kernel has failed or something was left open.
void report(const std::string& what);

// printf to a string.
[[gnu::format(printf, 1, 2)]] std::string text(const char* format, ...);

// file.cu:12 of an instruction in a library with debug information, by addr2line; else the library and the function.
std::string place_of(const void* code);

}  // namespace galvani::emulator

extern "C" const char* galvani_emulator_said();  // all reports since the last call
