#include "emulator/signals.h"

#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <csignal>

namespace galvani::emulator {
namespace {

constexpr std::array signals = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};

std::array<struct sigaction, signals.size()> before;
stack_t stack_before;
alignas(64) std::array<char, 64 << 10> signal_stack;  // a fiber's may be what has overflown
std::atomic<long> owner = 0;                          // the thread of the guard; 0: none
SignalGuard::Target target;
Trap trap;

long this_thread() { return syscall(SYS_gettid); }

[[noreturn]] void land() {
  target.handle(trap);
  __builtin_trap();
}

void pass_on(int signal, siginfo_t* info, void* context) {
  const auto& to = before[static_cast<std::size_t>(std::ranges::find(signals, signal) - signals.begin())];
  if ((to.sa_flags & SA_SIGINFO) != 0) return to.sa_sigaction(signal, info, context);
  if (to.sa_handler != SIG_DFL && to.sa_handler != SIG_IGN) return to.sa_handler(signal);
  ::signal(signal, SIG_DFL);  // it is raised again on return
}

void on_signal(int signal, siginfo_t* info, void* context) {
  if (owner.load() != this_thread() || !target.in_device_code()) return pass_on(signal, info, context);
  auto& registers = static_cast<ucontext_t*>(context)->uc_mcontext.gregs;
  trap = {signal, reinterpret_cast<std::uintptr_t>(info->si_addr), reinterpret_cast<void*>(registers[REG_RIP])};
  // On return: land(), with the stack as a call would leave it.
  registers[REG_RIP] = reinterpret_cast<greg_t>(&land);
  registers[REG_RSP] = reinterpret_cast<greg_t>(target.stack_top()) - 8;
}

}  // namespace

SignalGuard::SignalGuard(Target t) {
  target = t;
  stack_t own{};
  own.ss_sp = signal_stack.data();
  own.ss_size = signal_stack.size();
  sigaltstack(&own, &stack_before);
  struct sigaction action{};
  action.sa_sigaction = on_signal;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART;
  owner = this_thread();
  for (std::size_t i = 0; i < signals.size(); ++i) {
    sigaction(signals[i], nullptr, &before[i]);  // known before ours can be called
    sigaction(signals[i], &action, nullptr);
  }
}

SignalGuard::~SignalGuard() {
  for (std::size_t i = 0; i < signals.size(); ++i) sigaction(signals[i], &before[i], nullptr);
  owner = 0;
  sigaltstack(&stack_before, nullptr);
}

}  // namespace galvani::emulator
