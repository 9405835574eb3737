// Finds races and accesses out of bounds. For each 4 bytes of shared and device memory it keeps who wrote and who read last, and when:
// two accesses of which one is a write are in order only if
//   - the threads are of one block and a __syncthreads lies between, or
//   - they are of one warp and a __syncwarp that names both lies between, or
//   - they are one thread's, or of two launches, or both atomic.
// It does not matter in which order the schedule at hand has them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "emulator/memory.h"

namespace galvani::emulator {

class Checker {
  // The last reads of a cell, or atomic operations on it, of which none is in order with another; or its last write.
  struct Past {
    std::uint64_t block = 0;    // the last one's serial number
    std::uint32_t barrier = 0;  // barriers the block had passed
    std::uint32_t stamp = 0;    // __syncwarps the warp had passed
    std::uint32_t lanes = 0;    // of the warp
    std::uint16_t warp = 0;
    std::uint8_t bytes = 0;     // a bit for each of the four
    bool several_warps = false, several_blocks = false;  // since that barrier; in that launch
  };
  struct Cell { Past writes, atomics, reads; };

 public:
  // What is kept of a block in flight.
  class Block {
    friend class Checker;
    struct Warp {
      std::uint32_t stamp = 1;
      std::array<std::array<std::uint32_t, 32>, 32> known{};  // [lane][other]: accesses of the other's with a lower stamp are in order
    };
    std::uint64_t serial_ = 0;
    std::uint32_t barrier_ = 0;
    std::vector<Warp> warps_;
    std::vector<Cell> shared_;
  };

  enum class Access : unsigned char { read, write, atomic };

  // The other thread of a race; for several readers one of them.
  struct Conflict {
    std::uint64_t block;  // its linear index
    unsigned thread;      // in its block
    bool wrote;
  };

  explicit Checker(const Memory& memory);
  ~Checker();
  Checker(const Checker&) = delete;
  Checker& operator=(const Checker&) = delete;

  void begin_launch(std::uint64_t blocks);
  void begin_block(Block& block, std::uint64_t index, unsigned threads, std::size_t shared_bytes);
  void pass_barrier(Block& block) { ++block.barrier_; }
  void sync_warp(Block& block, unsigned warp, unsigned lanes);
  // Notes an access. True with the conflict if it races with another.
  bool note_shared(Block& block, unsigned thread, std::size_t offset, unsigned bytes, Access access, Conflict& conflict);
  bool note_device(Block& block, unsigned thread, std::uintptr_t address, unsigned bytes, Access access, Conflict& conflict);
  // Device memory that was freed: what was kept of it costs memory.
  void forget(std::uintptr_t address, std::size_t bytes);

 private:
  // An access to some bytes of a cell by a thread now. since: the serial number of the first block whose accesses count.
  struct Now {
    const Block& block;
    unsigned thread;
    std::uint8_t bytes;
    std::uint64_t since;
  };
  bool note(Cell& cell, const Now& now, Access access, Conflict& conflict) const;
  bool conflicts(const Past& past, const Now& now, Conflict& conflict) const;
  void add(Past& past, const Now& now) const;
  Cell& device(std::uintptr_t word);

  const Memory& memory_;
  Cell* arena_;                                              // of the arena's words
  std::unordered_map<std::uintptr_t, Cell> variables_;       // of modules
  std::uint64_t first_ = 1, next_ = 1;                       // serial number of the first block of this launch, of the next one's
};

}  // namespace galvani::emulator
