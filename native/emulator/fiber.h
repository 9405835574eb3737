// A stack of its own for each CUDA thread, so that one can wait while others run.
#pragma once

#include <cstddef>

namespace galvani::emulator {

// Runs in turns with the stack that resumes it ("home"); all on one operating-system thread. An ended or abandoned fiber can be started
// anew; what it abandons is not destroyed.
class Fiber {
 public:
  Fiber();
  ~Fiber();
  Fiber(const Fiber&) = delete;
  Fiber& operator=(const Fiber&) = delete;

  // The next resume calls body(argument), which must end in leave().
  void start(void (*body)(void*), void* argument);
  // From home: runs it until it pauses or leaves.
  void resume();
  // From the fiber: goes home. leave() forgets the fiber.
  void pause();
  [[noreturn]] void leave();
  // Whether the address lies in its stack.
  bool holds(const void* address) const { return address >= stack_ && address < stack_ + size; }
  // Where a stack that has overflown may begin again, to leave() from; and below what it has overflown.
  void* top() const { return top_; }
  const void* bottom() const { return stack_; }

 private:
  static constexpr std::size_t size = 128 << 10, guard = 4096;  // bytes

  static void begin();

  char* stack_;  // above its guard page
  char* top_;
  void* at_ = nullptr;
  void (*body_)(void*) = nullptr;
  void* argument_ = nullptr;
  [[maybe_unused]] void* shadow_ = nullptr;  // of AddressSanitizer's
};

}  // namespace galvani::emulator
