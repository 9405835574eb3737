// The environment variables, read by cuInit. README.md lists them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace galvani::emulator {

struct Settings {
  std::string kernels;          // folder of the twins
  bool check = false;           // run the twins of its folder `checked`
  std::uint64_t seed = 0;       // of schedules
  int compute_capability = 80;
  int devices = 1;
  std::size_t memory = 0;       // bytes a device
  std::uint64_t lose_after = 0; // the launch that loses the device, from 1; 0: none
  bool quiet = false;           // print nothing
};

const Settings& settings();
void read_settings();  // throws a Refusal that names what it does not understand

}  // namespace galvani::emulator
