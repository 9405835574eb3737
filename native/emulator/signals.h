// Turns what a kernel does to the process (SIGSEGV and the like) into a call on the fiber's stack.
#pragma once

#include <cstdint>

namespace galvani::emulator {

struct Trap {
  int signal;
  std::uintptr_t address;  // that was accessed, of SIGSEGV and SIGBUS
  const void* code;        // the instruction
};

// As long as it lives, a signal that this operating-system thread raises while in_device_code() goes to handle(trap), which does not
// return, on the stack that ends at stack_top(). All others go where they went before: to the JVM.
class SignalGuard {
 public:
  struct Target {
    bool (*in_device_code)();
    void* (*stack_top)();
    void (*handle)(const Trap&);
  };
  explicit SignalGuard(Target target);
  ~SignalGuard();
  SignalGuard(const SignalGuard&) = delete;
  SignalGuard& operator=(const SignalGuard&) = delete;
};

}  // namespace galvani::emulator
