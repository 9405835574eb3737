// Runs a launch: some blocks in flight at a time, a fiber for each thread, in an order that is drawn anew each time.
#pragma once

#include <cstddef>
#include <string>

#include "emulator/checker.h"
#include "emulator/memory.h"
#include "emulator/module.h"
#include "emulator/twin.h"

namespace galvani::emulator {

struct Grid {
  const Kernel* kernel;
  Extent blocks, threads;
  std::size_t dynamic_shared;  // bytes
  void* const* arguments;
};

// Runs all of it, on this operating-system thread and one grid at a time. Throws a Refusal that says which thread did what.
//   checker  null where the twin is not a checked one
//   seed     of the schedule
void run(const Grid& grid, const Memory& memory, Checker* checker, std::uint64_t seed);

}  // namespace galvani::emulator
