// What AddressSanitizer must be told of stacks and memory that are not its own; nothing without it.
#pragma once

#include <cstddef>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

namespace galvani::emulator::asan {

#ifdef __SANITIZE_ADDRESS__
inline constexpr bool present = true;
inline void start_switch(void** save, const void* stack, std::size_t bytes) { __sanitizer_start_switch_fiber(save, stack, bytes); }
inline void finish_switch(void* saved, const void** stack, std::size_t* bytes) { __sanitizer_finish_switch_fiber(saved, stack, bytes); }
inline void poison(const void* memory, std::size_t bytes) { __asan_poison_memory_region(memory, bytes); }
inline void unpoison(const void* memory, std::size_t bytes) { __asan_unpoison_memory_region(memory, bytes); }
#else
inline constexpr bool present = false;
inline void start_switch(void**, const void*, std::size_t) {}
inline void finish_switch(void*, const void**, std::size_t*) {}
inline void poison(const void*, std::size_t) {}
inline void unpoison(const void*, std::size_t) {}
#endif

}  // namespace galvani::emulator::asan
