// What an emulated kernel and the emulated driver know of each other. A twin is a .cu file that g++ has compiled, with language.h, into
// a library of its own; it is linked against libcuda.so.1, which offers these functions besides those of CUDA.
#pragma once

#include <cstddef>
#include <cstdint>

namespace galvani::emulator {

struct Extent { unsigned x, y, z; };

// What a CUDA thread knows of itself.
struct Thread {
  Extent thread, block, block_extent, grid_extent;
  unsigned number;  // within its block, x fastest; its warp is number / 32

  unsigned lane() const { return number % 32; }
  unsigned warp() const { return number / 32; }
};

struct Parameter { std::uint32_t bytes, alignment; };

// A kernel that can be launched. Twins export one as galvani_entry_NAME for each GALVANI_KERNEL(NAME).
struct Entry {
  void (*call)(void* const* arguments);  // each a pointer to a value
  const Parameter* parameters;
  std::size_t count;
};

// A place in a .cu, to be named with a fault.
struct Place {
  const char* file = "";
  int line = 0;
};

enum class WarpOperation : unsigned char { sync, shuffle, ballot };

struct BarrierResult { unsigned holding, arrived; };  // threads whose predicate held, and all that came

}  // namespace galvani::emulator

#pragma GCC visibility push(default)
extern "C" {
extern galvani::emulator::Thread* galvani_thread;  // that runs now

// Waits for all threads of the block that have not ended.
galvani::emulator::BarrierResult galvani_barrier(bool predicate, galvani::emulator::Place place);
// Waits for the lanes of `mask`. shuffle: the value that lane `source` brought; ballot: a bit for each lane that brought other than 0.
std::uint64_t galvani_warp(galvani::emulator::WarpOperation what, unsigned mask, std::uint64_t value, unsigned source,
                           galvani::emulator::Place place);
// Before an atomic operation, which no other thread comes between.
void galvani_atomic(void* address, unsigned bytes, galvani::emulator::Place place);
// Where the static shared variable lies that the linker has placed at `offset` of the twin's.
void* galvani_shared(std::size_t offset);
void* galvani_dynamic_shared();
[[noreturn]] void galvani_trap(const char* why, galvani::emulator::Place place);
// Before a plain access to memory, where the twin is a checked one. `code` is the instruction after.
void galvani_access(const void* address, unsigned bytes, bool write, const void* code);
// An index beyond an array whose extent the compiler knows.
[[noreturn]] void galvani_beyond_array(galvani::emulator::Place place, std::uint64_t index, const char* array);
}
#pragma GCC visibility pop
