// Devices, contexts, and how a call is made.
#include "emulator/driver.h"

#include <algorithm>
#include <cstring>
#include <mutex>

#include "emulator/report.h"
#include "emulator/settings.h"

namespace galvani::emulator {
namespace {

constexpr int version = 12000;  // the oldest driver that Galvani supports: R525

std::mutex lock;
thread_local std::vector<void*> current;  // contexts of this thread, the last is current

CUresult guarded(const char* name, const std::function<void()>& body) {
  const std::lock_guard hold(lock);
  try {
    body();
    return success;
  } catch (const Refusal& refusal) {
    if (!refusal.why.empty()) report(std::string(name) + ": " + refusal.why);
    return refusal.status;
  } catch (const std::bad_alloc&) {
    report(std::string(name) + ": the host has no memory left");
    return out_of_memory;
  }
}

void require_ready() {
  if (!driver().ready) throw Refusal{not_initialized, "cuInit was not called"};
}

void refuse_in_capture(const Context& context) {
  for (const auto& s : context.streams) {
    if (s->capture == nullptr || s->mode == CaptureMode::relaxed) continue;
    if (s->mode == CaptureMode::thread_local_ && s->capturing != std::this_thread::get_id()) continue;
    s->capture_failed = true;
    throw Refusal{capture_unsupported, "a stream is being captured"};
  }
}

std::shared_ptr<Context> make_context(Device& device) {
  auto context = std::make_shared<Context>(Context{.device = &device});
  context->context = context.get();
  context->standard = std::make_shared<Stream>(Stream{.context = context.get()});
  context->streams.push_back(context->standard);
  return context;
}

// Ends a context: does what its streams were given, says what was left open, and frees it.
void destroy(Context& context) {
  Driver& d = driver();
  for (const auto& s : context.streams) s->capture = nullptr;
  const bool lost = context.lost != success;
  if (!lost) {
    try {
      finish(context);
    } catch (const Refusal& failure) {
      report("at the end of a context: " + failure.why);
    }
  }
  Memory& memory = context.device->memory;
  std::size_t left = 0, bytes = 0;
  for (const auto& [address, allocation] : std::map(memory.allocations())) {
    if (allocation.owner != &context) continue;
    if (allocation.borrowed) {
      memory.take_back(address);
      continue;
    }
    ++left;
    bytes += allocation.bytes;
    context.device->free(address);
  }
  std::size_t pinned = 0;
  std::erase_if(d.host, [&](const auto& entry) {
    if (entry.second.second != &context) return false;
    std::free(reinterpret_cast<void*>(entry.first));
    ++pinned;
    return true;
  });
  std::string leaks;
  const auto leak = [&leaks](std::size_t count, const std::string& what) {
    if (count > 0) leaks += (leaks.empty() ? "" : ", ") + std::to_string(count) + " " + what;
  };
  leak(left, text("allocations of %zu bytes", bytes));
  leak(pinned, "allocations of host memory");
  leak(d.streams.drop(&context), "streams");
  leak(d.events.drop(&context), "events");
  leak(d.graphs.drop(&context) + d.executables.drop(&context), "graphs");
  d.functions.drop(&context);
  leak(d.modules.drop(&context), "modules");
  for (const auto& s : context.streams) s->queue.clear();
  context.streams.clear();
  if (!leaks.empty() && !lost) report("a context has ended with " + leaks + " left open");
}

void destroy_primary(Device& device) {
  if (device.primary == nullptr) return;
  const auto context = device.primary;
  driver().contexts.take(device.primary_handle);
  device.primary = nullptr;
  destroy(*context);
}

int attribute(int which) {
  const Properties& p = properties();
  switch (which) {
    case 1: return 1024;              // MAX_THREADS_PER_BLOCK
    case 2: case 3: return 1024;      // MAX_BLOCK_DIM_X, Y
    case 4: return 64;                // MAX_BLOCK_DIM_Z
    case 5: return 0x7fffffff;        // MAX_GRID_DIM_X
    case 6: case 7: return 65535;     // MAX_GRID_DIM_Y, Z
    case 8: return 48 << 10;          // MAX_SHARED_MEMORY_PER_BLOCK
    case 9: return 64 << 10;          // TOTAL_CONSTANT_MEMORY
    case 10: return 32;               // WARP_SIZE
    case 12: case 82: return 65536;   // MAX_REGISTERS_PER_BLOCK, PER_MULTIPROCESSOR
    case 13: return 1000000;          // CLOCK_RATE, kHz
    case 15: case 31: case 40: case 41: return 1;  // GPU_OVERLAP, CONCURRENT_KERNELS, ASYNC_ENGINE_COUNT, UNIFIED_ADDRESSING
    case 16: return p.multiprocessors;
    case 17: case 18: case 19: case 20: case 32: case 35: return 0;  // no timeout, integrated, mapping, exclusive mode, ECC, TCC
    case 36: return 1000000;          // MEMORY_CLOCK_RATE, kHz
    case 37: return 256;              // GLOBAL_MEMORY_BUS_WIDTH
    case 38: return 1 << 20;          // L2_CACHE_SIZE
    case 39: return p.multiprocessor_threads;
    case 75: return settings().compute_capability / 10;
    case 76: return settings().compute_capability % 10;
    case 81: return p.multiprocessor_shared;
    case 97: return p.block_shared;
    case 106: return p.multiprocessor_blocks;
    default: throw Refusal{not_supported, text("attribute %d is not emulated", which)};
  }
}

}  // namespace

void* next_handle() {
  static std::uintptr_t last = 0x1000;
  return reinterpret_cast<void*>(last += 16);
}

Driver& driver() {
  static Driver only;
  return only;
}

const Properties& properties() {
  // The newest that is not newer serves what lies between.
  static constexpr Properties known[] = {
      {80, 108, 2048, 32, 164 << 10, 163 << 10}, {86, 84, 1536, 16, 100 << 10, 99 << 10},   {87, 16, 1536, 16, 164 << 10, 163 << 10},
      {89, 128, 1536, 24, 100 << 10, 99 << 10},  {90, 132, 2048, 32, 228 << 10, 227 << 10}, {100, 148, 2048, 32, 228 << 10, 227 << 10},
      {120, 170, 1536, 24, 100 << 10, 99 << 10}};
  const auto newer = std::ranges::find_if(known, [](const Properties& p) { return p.capability > settings().compute_capability; });
  return newer == std::begin(known) ? known[0] : *std::prev(newer);
}

Device& device(int ordinal) {
  const auto& all = driver().devices;
  if (ordinal < 0 || ordinal >= static_cast<int>(all.size())) throw Refusal{invalid_device, text("there is no device %d", ordinal)};
  return *all[static_cast<std::size_t>(ordinal)];
}

CUresult call(const char* name, const std::function<void()>& body) {
  return guarded(name, [&] {
    require_ready();
    body();
  });
}

CUresult call(const char* name, const std::function<void(Context&)>& body) {
  return guarded(name, [&] {
    require_ready();
    if (current.empty() || current.back() == nullptr) throw Refusal{invalid_context, "no context is current in this thread"};
    const auto context = driver().contexts.get(current.back(), invalid_context);
    if (context->lost != success) throw Refusal{context->lost, ""};
    body(*context);
  });
}

CUresult call_at_once(const char* name, const std::function<void(Context&)>& body) {
  return call(name, [&](Context& context) {
    refuse_in_capture(context);
    body(context);
  });
}

}  // namespace galvani::emulator

using namespace galvani::emulator;

CUresult cuInit(unsigned flags) {
  return guarded("cuInit", [&] {
    if (flags != 0) throw Refusal{invalid_value, "flags other than 0"};
    Driver& d = driver();
    if (d.ready) return;
    read_settings();
    if (settings().devices == 0) throw Refusal{no_device, "GALVANI_EMULATOR_DEVICES=0"};
    d.random = Random(settings().seed);
    for (int i = 0; i < settings().devices; ++i) {
      auto& made = d.devices.emplace_back(std::make_unique<Device>(i, settings().memory));
      if (settings().check) made->checker = std::make_unique<Checker>(made->memory);
    }
    d.ready = true;
    const Settings& s = settings();
    report(text("%d of compute capability %d.%d%s, GALVANI_EMULATOR_SEED=%llu", s.devices, s.compute_capability / 10,
                s.compute_capability % 10, s.check ? ", checked" : "", static_cast<unsigned long long>(s.seed)));
  });
}

CUresult cuDriverGetVersion(int* v) {
  return guarded("cuDriverGetVersion", [&] { given(v) = version; });
}

CUresult cuGetErrorName(CUresult error, const char** name) {
  static const std::map<int, const char*> names = {
      {success, "CUDA_SUCCESS"}, {invalid_value, "CUDA_ERROR_INVALID_VALUE"}, {out_of_memory, "CUDA_ERROR_OUT_OF_MEMORY"},
      {not_initialized, "CUDA_ERROR_NOT_INITIALIZED"}, {no_device, "CUDA_ERROR_NO_DEVICE"}, {invalid_device, "CUDA_ERROR_INVALID_DEVICE"},
      {invalid_context, "CUDA_ERROR_INVALID_CONTEXT"}, {no_binary_for_gpu, "CUDA_ERROR_NO_BINARY_FOR_GPU"},
      {invalid_ptx, "CUDA_ERROR_INVALID_PTX"}, {unsupported_ptx_version, "CUDA_ERROR_UNSUPPORTED_PTX_VERSION"},
      {invalid_handle, "CUDA_ERROR_INVALID_HANDLE"}, {illegal_state, "CUDA_ERROR_ILLEGAL_STATE"}, {not_found, "CUDA_ERROR_NOT_FOUND"},
      {not_ready, "CUDA_ERROR_NOT_READY"}, {illegal_address, "CUDA_ERROR_ILLEGAL_ADDRESS"},
      {launch_out_of_resources, "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES"}, {misaligned_address, "CUDA_ERROR_MISALIGNED_ADDRESS"},
      {launch_failed, "CUDA_ERROR_LAUNCH_FAILED"}, {not_supported, "CUDA_ERROR_NOT_SUPPORTED"},
      {capture_unsupported, "CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED"}, {capture_invalidated, "CUDA_ERROR_STREAM_CAPTURE_INVALIDATED"},
      {capture_implicit, "CUDA_ERROR_STREAM_CAPTURE_IMPLICIT"}};
  const auto found = names.find(error);
  if (name != nullptr) *name = found == names.end() ? nullptr : found->second;
  return name == nullptr || found == names.end() ? invalid_value : success;
}

CUresult cuGetErrorString(CUresult error, const char** text) { return cuGetErrorName(error, text); }

CUresult cuDeviceGet(CUdevice* handle, int ordinal) {
  return call("cuDeviceGet", [&] { given(handle) = device(ordinal).ordinal; });
}

CUresult cuDeviceGetCount(int* count) {
  return call("cuDeviceGetCount", [&] { given(count) = static_cast<int>(driver().devices.size()); });
}

CUresult cuDeviceGetName(char* name, int length, CUdevice of) {
  return call("cuDeviceGetName", [&] {
    const std::string full = "Galvani emulator " + std::to_string(device(of).ordinal);
    if (name == nullptr || length < 1) throw Refusal{invalid_value, "no room for a name"};
    name[full.copy(name, static_cast<std::size_t>(length) - 1)] = 0;
  });
}

CUresult cuDeviceTotalMem_v2(std::size_t* bytes, CUdevice of) {
  return call("cuDeviceTotalMem", [&] { given(bytes) = device(of).memory.capacity(); });
}

CUresult cuDeviceGetAttribute(int* value, int which, CUdevice of) {
  return call("cuDeviceGetAttribute", [&] {
    device(of);
    given(value) = attribute(which);
  });
}

CUresult cuDeviceComputeCapability(int* major, int* minor, CUdevice of) {
  return call("cuDeviceComputeCapability", [&] {
    device(of);
    given(major) = attribute(75);
    given(minor) = attribute(76);
  });
}

// ---- contexts -------------------------------------------------------------------------------------------------------

CUresult cuDevicePrimaryCtxRetain(CUcontext* handle, CUdevice of) {
  return call("cuDevicePrimaryCtxRetain", [&] {
    Device& d = device(of);
    if (d.primary == nullptr) {
      d.primary = make_context(d);
      d.primary_handle = driver().contexts.add(d.primary);
    }
    ++d.retained;
    given(handle) = d.primary_handle;
  });
}

CUresult cuDevicePrimaryCtxRelease_v2(CUdevice of) {
  return call("cuDevicePrimaryCtxRelease", [&] {
    Device& d = device(of);
    if (d.retained == 0) throw Refusal{invalid_context, "it was released as often as retained"};
    if (--d.retained == 0) destroy_primary(d);
  });
}

CUresult cuDevicePrimaryCtxReset_v2(CUdevice of) {
  return call("cuDevicePrimaryCtxReset", [&] { destroy_primary(device(of)); });
}

CUresult cuCtxCreate_v2(CUcontext* handle, unsigned, CUdevice of) {
  return call("cuCtxCreate", [&] {
    given(handle) = driver().contexts.add(make_context(device(of)));
    current.push_back(*handle);
  });
}

CUresult cuCtxDestroy_v2(CUcontext handle) {
  return call("cuCtxDestroy", [&] {
    const auto context = driver().contexts.get(handle, invalid_context);
    if (context == context->device->primary) throw Refusal{invalid_context, "the primary context is released, not destroyed"};
    driver().contexts.take(handle);
    destroy(*context);
    if (!current.empty() && current.back() == handle) current.pop_back();
  });
}

CUresult cuCtxPushCurrent_v2(CUcontext handle) {
  return call("cuCtxPushCurrent", [&] {
    driver().contexts.get(handle, invalid_context);
    current.push_back(handle);
  });
}

CUresult cuCtxPopCurrent_v2(CUcontext* handle) {
  return call("cuCtxPopCurrent", [&] {
    if (current.empty()) throw Refusal{invalid_context, "no context is current in this thread"};
    if (handle != nullptr) *handle = current.back();
    current.pop_back();
  });
}

CUresult cuCtxSetCurrent(CUcontext handle) {
  return call("cuCtxSetCurrent", [&] {
    if (handle != nullptr) driver().contexts.get(handle, invalid_context);
    if (!current.empty()) current.pop_back();
    if (handle != nullptr) current.push_back(handle);
  });
}

CUresult cuCtxGetCurrent(CUcontext* handle) {
  return call("cuCtxGetCurrent", [&] { given(handle) = current.empty() ? nullptr : current.back(); });
}

CUresult cuCtxGetDevice(CUdevice* handle) {
  return call("cuCtxGetDevice", [&](Context& c) { given(handle) = c.device->ordinal; });
}

CUresult cuCtxSynchronize() {
  return call_at_once("cuCtxSynchronize", [](Context& c) { finish(c); });
}
