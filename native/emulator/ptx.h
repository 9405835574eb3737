// What PTX says of itself and its kernels, as far as the emulator needs it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace galvani::emulator {

struct PtxEntry {
  std::string name;
  std::vector<std::uint32_t> parameters;  // bytes of each
  unsigned max_threads = 1024;            // of a block
  unsigned shared = 0;                    // bytes of a block, static
};

struct Ptx {
  std::string name;  // of the .cu, from the first line
  std::string version;
  int target = 0;    // 80 for sm_80
  std::vector<PtxEntry> entries;
};

// Throws a Refusal where it is not PTX of Galvani's.
Ptx read_ptx(std::string_view text);

}  // namespace galvani::emulator
