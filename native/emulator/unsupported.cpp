// Answers all names of CUDA's driver that JCuda wants and the emulator does not have: an undefined one would end the JVM. A definition
// elsewhere is taken before these.
#include "emulator/report.h"
#include "emulator/status.h"

namespace {

int refuse(const char* name) {
  galvani::emulator::report(std::string(name) + " is not emulated");
  return galvani::emulator::not_supported;
}

}  // namespace

#define GALVANI_NAME(name) \
  extern "C" __attribute__((weak, visibility("default"))) int name() { return refuse(#name); }
#include "galvani_driver_names.inc"  // made of names.txt: GALVANI_NAME(cuInit) …
