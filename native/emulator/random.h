// Pseudo-random numbers for schedules: splitmix64.
#pragma once

#include <cstdint>

namespace galvani::emulator {

class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}

  std::uint64_t next() {
    std::uint64_t z = state_ += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
  }
  // 0 … n − 1
  std::uint64_t below(std::uint64_t n) { return static_cast<std::uint64_t>(static_cast<unsigned __int128>(next()) * n >> 64); }

 private:
  std::uint64_t state_;
};

}  // namespace galvani::emulator
