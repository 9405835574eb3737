// Device memory, pinned host memory, copies.
#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "emulator/driver.h"
#include "emulator/report.h"

namespace galvani::emulator {
namespace {

char* host(std::uintptr_t address) { return reinterpret_cast<char*>(address); }

// Refuses a range that is not within one allocation of the context's. Made again when a copy is done: it may have been freed.
void require_device(const Context& c, CUdeviceptr address, std::size_t bytes) {
  const Memory& memory = c.device->memory;
  const void* owner = memory.owner(address, bytes);
  if (owner == &c) return;
  if (owner != nullptr) throw Refusal{invalid_value, memory.describe(address) + ", of another context"};
  const CUdeviceptr beyond = memory.owner(address, 1) != nullptr ? address + bytes : address;
  throw Refusal{invalid_value, text("%zu bytes reach ", bytes) + memory.describe(beyond)};
}

// Whether the range is pinned host memory; refuses what is so in part.
bool pinned(const void* pointer, std::size_t bytes) {
  const auto& all = driver().host;
  const auto address = reinterpret_cast<std::uintptr_t>(pointer);
  const auto after = all.upper_bound(address);
  if (after == all.begin()) return false;
  const auto& [begin, rest] = *std::prev(after);
  if (address - begin >= rest.first) return false;
  if (bytes > rest.first - (address - begin)) throw Refusal{invalid_value, text("%zu bytes reach beyond pinned host memory", bytes)};
  return true;
}

// Refuses what has become of pinned memory until the copy is done.
void require_pinned(const void* pointer, std::size_t bytes) {
  if (!pinned(pointer, bytes)) throw Refusal{illegal_address, "host memory was freed before a copy from or to it was done"};
}

template <class T>
void put_fill(Context& c, CUstream in, CUdeviceptr to, T value, std::size_t count) {
  require_device(c, to, count * sizeof(T));
  if (to % sizeof(T) != 0) throw Refusal{invalid_value, text("an address that is not aligned to %zu bytes", sizeof(T))};
  put(*stream(c, in), [&c, to, value, count] {
    require_device(c, to, count * sizeof(T));
    std::fill_n(reinterpret_cast<T*>(to), count, value);
  });
}

void put_copy(Context& c, CUstream in, CUdeviceptr to, CUdeviceptr from, std::size_t bytes) {
  require_device(c, to, bytes);
  require_device(c, from, bytes);
  if (std::max(to, from) - std::min(to, from) < bytes) throw Refusal{invalid_value, "the two ranges overlap"};
  put(*stream(c, in), [&c, to, from, bytes] {
    require_device(c, to, bytes);
    require_device(c, from, bytes);
    std::memcpy(host(to), host(from), bytes);
  });
}

}  // namespace
}  // namespace galvani::emulator

using namespace galvani::emulator;

// ---- memory ---------------------------------------------------------------------------------------------------------

CUresult cuMemGetInfo_v2(std::size_t* free, std::size_t* total) {
  return call("cuMemGetInfo", [&](Context& c) {
    given(free) = c.device->memory.free_bytes();
    given(total) = c.device->memory.capacity();
  });
}

CUresult cuMemAlloc_v2(CUdeviceptr* pointer, std::size_t bytes) {
  return call_at_once("cuMemAlloc", [&](Context& c) {
    if (bytes == 0) throw Refusal{invalid_value, "0 bytes"};
    given(pointer) = c.device->memory.allocate(bytes, &c);
    if (*pointer == 0) throw Refusal{out_of_memory, ""};
  });
}

CUresult cuMemFree_v2(CUdeviceptr pointer) {
  return call_at_once("cuMemFree", [&](Context& c) {
    if (pointer == 0) return;
    Memory& memory = c.device->memory;
    const Memory::Allocation* found = memory.at(pointer);
    if (found == nullptr || found->borrowed) throw Refusal{invalid_value, memory.describe(pointer)};
    if (found->owner != &c) throw Refusal{invalid_value, memory.describe(pointer) + ", of another context"};
    finish(c);
    c.device->free(pointer);
  });
}

CUresult cuMemAllocHost_v2(void** pointer, std::size_t bytes) {
  return call_at_once("cuMemAllocHost", [&](Context& c) {
    if (bytes == 0) throw Refusal{invalid_value, "0 bytes"};
    constexpr std::size_t page = 4096;
    void* made = std::aligned_alloc(page, (bytes + page - 1) / page * page);
    if (made == nullptr) throw Refusal{out_of_memory, ""};
    std::memset(made, 0xFF, bytes);
    driver().host[reinterpret_cast<std::uintptr_t>(made)] = {bytes, &c};
    given(pointer) = made;
  });
}

CUresult cuMemHostAlloc(void** pointer, std::size_t bytes, unsigned flags) {
  constexpr unsigned mapped = 2;  // CU_MEMHOSTALLOC_DEVICEMAP
  if ((flags & mapped) != 0) {
    return call("cuMemHostAlloc", [] { throw Refusal{not_supported, "host memory that the device sees is not emulated"}; });
  }
  return cuMemAllocHost_v2(pointer, bytes);
}

// Does not wait: copies that are under way find that it was freed.
CUresult cuMemFreeHost(void* pointer) {
  return call_at_once("cuMemFreeHost", [&](Context& c) {
    const auto found = driver().host.find(reinterpret_cast<std::uintptr_t>(pointer));
    if (found == driver().host.end()) throw Refusal{invalid_value, "what is no pinned host memory, or was freed"};
    if (found->second.second != &c) throw Refusal{invalid_value, "host memory of another context"};
    std::free(pointer);
    driver().host.erase(found);
  });
}

// ---- copies at once -------------------------------------------------------------------------------------------------

CUresult cuMemcpyHtoD_v2(CUdeviceptr to, const void* from, std::size_t bytes) {
  return call_at_once("cuMemcpyHtoD", [&](Context& c) {
    require_device(c, to, bytes);
    pinned(from, bytes);
    finish_standard(c);
    std::memcpy(host(to), from, bytes);
  });
}

CUresult cuMemcpyDtoH_v2(void* to, CUdeviceptr from, std::size_t bytes) {
  return call_at_once("cuMemcpyDtoH", [&](Context& c) {
    require_device(c, from, bytes);
    pinned(to, bytes);
    finish_standard(c);
    std::memcpy(to, host(from), bytes);
  });
}

CUresult cuMemcpyDtoD_v2(CUdeviceptr to, CUdeviceptr from, std::size_t bytes) {
  return call_at_once("cuMemcpyDtoD", [&](Context& c) { put_copy(c, nullptr, to, from, bytes); });
}

CUresult cuMemsetD8_v2(CUdeviceptr to, unsigned char value, std::size_t count) {
  return call_at_once("cuMemsetD8", [&](Context& c) { put_fill(c, nullptr, to, value, count); });
}

CUresult cuMemsetD32_v2(CUdeviceptr to, unsigned value, std::size_t count) {
  return call_at_once("cuMemsetD32", [&](Context& c) { put_fill(c, nullptr, to, value, count); });
}

// ---- copies in a stream ---------------------------------------------------------------------------------------------

// From pageable memory the driver takes the bytes before it returns, from pinned memory when the stream comes to the copy.
CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void* from, std::size_t bytes, CUstream in) {
  return call("cuMemcpyHtoDAsync", [&](Context& c) {
    require_device(c, to, bytes);
    const auto s = stream(c, in);
    if (pinned(from, bytes)) {
      put(*s, [&c, to, from, bytes] {
        require_device(c, to, bytes);
        require_pinned(from, bytes);
        std::memcpy(host(to), from, bytes);
      });
    } else if (s->capture != nullptr) {
      throw Refusal{invalid_value, "a graph copies from pinned host memory only"};
    } else {
      put(*s, [&c, to, staged = std::vector<char>(static_cast<const char*>(from), static_cast<const char*>(from) + bytes)] {
        require_device(c, to, staged.size());
        std::memcpy(host(to), staged.data(), staged.size());
      });
    }
  });
}

// To pageable memory the driver returns once the copy is done.
CUresult cuMemcpyDtoHAsync_v2(void* to, CUdeviceptr from, std::size_t bytes, CUstream in) {
  return call("cuMemcpyDtoHAsync", [&](Context& c) {
    require_device(c, from, bytes);
    const auto s = stream(c, in);
    const bool deferred = pinned(to, bytes);
    if (!deferred && s->capture != nullptr) throw Refusal{invalid_value, "a graph copies to pinned host memory only"};
    put(*s, [&c, to, from, bytes, deferred] {
      require_device(c, from, bytes);
      if (deferred) require_pinned(to, bytes);
      std::memcpy(to, host(from), bytes);
    });
    if (!deferred) finish(*s);
  });
}

CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, std::size_t bytes, CUstream in) {
  return call("cuMemcpyDtoDAsync", [&](Context& c) { put_copy(c, in, to, from, bytes); });
}

CUresult cuMemsetD8Async(CUdeviceptr to, unsigned char value, std::size_t count, CUstream in) {
  return call("cuMemsetD8Async", [&](Context& c) { put_fill(c, in, to, value, count); });
}

CUresult cuMemsetD32Async(CUdeviceptr to, unsigned value, std::size_t count, CUstream in) {
  return call("cuMemsetD32Async", [&](Context& c) { put_fill(c, in, to, value, count); });
}
