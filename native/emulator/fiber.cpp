#include "emulator/fiber.h"

#include <sys/mman.h>

#include <cstdint>
#include <cstdlib>
#include <new>

#include "emulator/asan.h"

// Saves what the ABI has a function keep, and the stack, in *save; goes on where `to` was saved. The return is a jump: a `ret` that
// does not match its call would mislead the processor's prediction of all that follow.
extern "C" void galvani_switch(void** save, void* to);
asm(R"(
.text
.globl galvani_switch
.hidden galvani_switch
.type galvani_switch, @function
galvani_switch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  popq %rcx
  jmpq *%rcx
.size galvani_switch, . - galvani_switch
)");

namespace galvani::emulator {
namespace {

void* home = nullptr;         // where the fiber that runs was resumed
Fiber* running = nullptr;
const void* home_stack = nullptr;  // for AddressSanitizer
std::size_t home_size = 0;

}  // namespace

Fiber::Fiber() {
  void* pages = mmap(nullptr, guard + size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (pages == MAP_FAILED) throw std::bad_alloc();
  mprotect(pages, guard, PROT_NONE);
  stack_ = static_cast<char*>(pages) + guard;
  // Were all at the same distance from a page's begin, they would share a few sets of the cache.
  static std::size_t made = 0;
  top_ = stack_ + size - made++ * 448 % guard / 64 * 64;
}

Fiber::~Fiber() { munmap(stack_ - guard, guard + size); }

void Fiber::start(void (*body)(void*), void* argument) {
  body_ = body;
  argument_ = argument;
  shadow_ = nullptr;
  asan::unpoison(stack_, size);
  void** top = reinterpret_cast<void**>(top_);
  *--top = nullptr;  // begin() finds the stack as a call would leave it
  *--top = reinterpret_cast<void*>(&Fiber::begin);
  for (int saved = 0; saved < 6; ++saved) *--top = nullptr;
  at_ = top;
}

void Fiber::begin() {
  asan::finish_switch(nullptr, &home_stack, &home_size);
  running->body_(running->argument_);
  std::abort();  // the body leaves
}

void Fiber::resume() {
  running = this;
  void* shadow = nullptr;
  asan::start_switch(&shadow, stack_, size);
  galvani_switch(&home, at_);
  asan::finish_switch(shadow, nullptr, nullptr);
}

void Fiber::pause() {
  asan::start_switch(&shadow_, home_stack, home_size);
  galvani_switch(&at_, home);
  asan::finish_switch(shadow_, &home_stack, &home_size);
}

void Fiber::leave() {
  asan::start_switch(nullptr, home_stack, home_size);
  galvani_switch(&at_, home);
  std::abort();
}

}  // namespace galvani::emulator
