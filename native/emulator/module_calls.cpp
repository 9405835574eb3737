// Modules, kernels, launches.
#include <algorithm>
#include <cstring>
#include <string_view>

#include "emulator/driver.h"
#include "emulator/grid.h"
#include "emulator/report.h"
#include "emulator/settings.h"

namespace galvani::emulator {
namespace {

enum FunctionAttribute { max_threads = 0, static_shared = 1, constants = 2, local = 3, registers = 4, max_dynamic_shared = 8 };
enum JitOption { error_log = 5, error_log_bytes = 6 };

std::shared_ptr<Function> function(const Context& context, void* handle) {
  auto found = driver().functions.get(handle);
  if (found->context != &context) throw Refusal{invalid_context, "a kernel of another context"};
  return found;
}

std::shared_ptr<LoadedModule> module(const Context& context, void* handle) {
  auto found = driver().modules.get(handle);
  if (found->context != &context) throw Refusal{invalid_context, "a module of another context"};
  return found;
}

std::string extent(Extent e) { return text("%u × %u × %u", e.x, e.y, e.z); }

// Refuses what a GPU does not take.
void require_launchable(const Kernel& kernel, Extent grid, Extent block, std::size_t dynamic_shared) {
  const std::string what = "kernel " + kernel.name + ": ";
  const auto refuse = [&](const std::string& why) { throw Refusal{invalid_value, what + why}; };
  if (grid.x == 0 || grid.y == 0 || grid.z == 0 || block.x == 0 || block.y == 0 || block.z == 0) {
    refuse("a grid of " + extent(grid) + " blocks of " + extent(block) + " threads is empty");
  }
  if (grid.x > 0x7fffffff || grid.y > 65535 || grid.z > 65535) refuse("a grid of " + extent(grid) + " blocks is too large");
  if (block.x > 1024 || block.y > 1024 || block.z > 64 || std::uint64_t{block.x} * block.y * block.z > 1024) {
    refuse("a block of " + extent(block) + " threads is too large");
  }
  if (block.x * block.y * block.z > kernel.max_threads) {
    refuse(text("a block of %u threads is beyond its launch bounds of %u", block.x * block.y * block.z, kernel.max_threads));
  }
  if (dynamic_shared > kernel.dynamic_allowed) {
    refuse(text("%zu bytes of dynamic shared memory, besides %u static ones; %u may be used%s", dynamic_shared, kernel.static_shared,
                kernel.dynamic_allowed, " (cuFuncSetAttribute asks for more)"));
  }
}

// The values of a kernel's parameters, kept until it runs.
struct Arguments {
  std::vector<char> bytes;
  std::vector<std::size_t> offsets;

  Arguments(const Entry& entry, void** parameters) {
    for (std::size_t i = 0; i < entry.count; ++i) {
      const auto [size, alignment] = entry.parameters[i];
      offsets.push_back((bytes.size() + alignment - 1) / alignment * alignment);
      bytes.resize(offsets.back() + size);
      std::memcpy(bytes.data() + offsets.back(), parameters[i], size);
    }
  }
};

void launch(Context& context, const Function& function, Extent grid, Extent block, std::size_t dynamic_shared, Arguments& arguments) {
  Driver& d = driver();
  const Kernel& kernel = *function.kernel;
  if (function.module->unloaded) throw Refusal{launch_failed, "kernel " + kernel.name + " of a graph: its module was unloaded"};
  ++d.launches;
  if (d.launches == settings().lose_after) {
    throw Refusal{launch_failed, text("the device is lost at launch %llu, of kernel ", static_cast<unsigned long long>(d.launches)) +
                                     kernel.name + " (GALVANI_EMULATOR_LOSE_AFTER)"};
  }
  std::vector<void*> pointers;
  for (const std::size_t offset : arguments.offsets) pointers.push_back(arguments.bytes.data() + offset);
  Device& device = *context.device;
  try {
    run({&kernel, grid, block, dynamic_shared, pointers.data()}, device.memory, device.checker.get(), settings().seed + d.launches);
  } catch (Refusal& failure) {
    failure.why += text("; schedule %llu of GALVANI_EMULATOR_SEED=%llu", static_cast<unsigned long long>(d.launches),
                        static_cast<unsigned long long>(settings().seed));
    throw;
  }
}

}  // namespace
}  // namespace galvani::emulator

using namespace galvani::emulator;

CUresult cuModuleLoadData(CUmodule* handle, const void* image) { return cuModuleLoadDataEx(handle, image, 0, nullptr, nullptr); }

CUresult cuModuleLoadDataEx(CUmodule* handle, const void* image, unsigned count, int* options, void** values) {
  return call_at_once("cuModuleLoadDataEx", [&](Context& c) {
    if (image == nullptr) throw Refusal{invalid_value, "a null pointer for PTX"};
    try {
      auto made = std::make_shared<LoadedModule>(LoadedModule{&c, load(static_cast<const char*>(image))});
      given(handle) = driver().modules.add(std::move(made));
    } catch (const Refusal& refusal) {
      const auto value = [&](int option) {
        const auto* found = std::find(options, options + count, option);
        return found == options + count ? nullptr : values[found - options];
      };
      char* log = static_cast<char*>(value(error_log));
      const auto room = reinterpret_cast<std::uintptr_t>(value(error_log_bytes));
      if (log != nullptr && room > 0) log[refusal.why.copy(log, room - 1)] = 0;
      throw;
    }
  });
}

CUresult cuModuleUnload(CUmodule handle) {
  return call_at_once("cuModuleUnload", [&](Context& c) {
    const auto unloaded = module(c, handle);
    finish(c);
    for (const auto& [name, function] : unloaded->functions) driver().functions.take(function);
    for (const CUdeviceptr variable : unloaded->variables) c.device->memory.take_back(variable);
    unloaded->module->unloaded = true;
    driver().modules.take(handle);
  });
}

CUresult cuModuleGetFunction(CUfunction* handle, CUmodule of, const char* name) {
  return call("cuModuleGetFunction", [&](Context& c) {
    const auto from = module(c, of);
    const auto found = from->module->kernels.find(std::string_view(name));
    if (found == from->module->kernels.end()) throw Refusal{not_found, ""};
    void*& known = from->functions[found->first];
    if (known == nullptr) known = driver().functions.add(std::make_shared<Function>(Function{&c, &found->second, from->module}));
    given(handle) = known;
  });
}

CUresult cuModuleGetGlobal_v2(CUdeviceptr* pointer, std::size_t* bytes, CUmodule of, const char* name) {
  return call("cuModuleGetGlobal", [&](Context& c) {
    const auto from = module(c, of);
    const auto [address, size] = from->module->twin->find(name);
    if (address == nullptr) throw Refusal{not_found, ""};
    const auto at = reinterpret_cast<CUdeviceptr>(address);
    c.device->memory.lend(at, size, &c);
    from->variables.push_back(at);
    if (pointer != nullptr) *pointer = at;
    if (bytes != nullptr) *bytes = size;
  });
}

CUresult cuFuncGetAttribute(int* value, int attribute, CUfunction of) {
  return call("cuFuncGetAttribute", [&](Context& c) {
    const Kernel& kernel = *function(c, of)->kernel;
    switch (attribute) {
      case max_threads: given(value) = static_cast<int>(kernel.max_threads); break;
      case static_shared: given(value) = static_cast<int>(kernel.static_shared); break;
      case max_dynamic_shared: given(value) = static_cast<int>(kernel.dynamic_allowed); break;
      case constants: case local: case registers: given(value) = 0; break;  // the emulator has none
      default: throw Refusal{not_supported, text("attribute %d is not emulated", attribute)};
    }
  });
}

CUresult cuFuncSetAttribute(CUfunction of, int attribute, int value) {
  return call("cuFuncSetAttribute", [&](Context& c) {
    Kernel& kernel = *function(c, of)->kernel;
    if (attribute != max_dynamic_shared) throw Refusal{not_supported, text("attribute %d is not emulated", attribute)};
    const int most = properties().block_shared - static_cast<int>(kernel.static_shared);
    if (value < 0 || value > most) {
      throw Refusal{invalid_value, "kernel " + kernel.name + text(": %d bytes of dynamic shared memory, a block has %d", value, most)};
    }
    kernel.dynamic_allowed = static_cast<unsigned>(value);
  });
}

CUresult cuFuncSetCacheConfig(CUfunction of, int) {
  return call("cuFuncSetCacheConfig", [&](Context& c) { function(c, of); });
}

CUresult cuOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, CUfunction of, int threads, std::size_t dynamic_shared) {
  return call("cuOccupancyMaxActiveBlocksPerMultiprocessor", [&](Context& c) {
    const Kernel& kernel = *function(c, of)->kernel;
    if (threads < 1) throw Refusal{invalid_value, text("blocks of %d threads", threads)};
    constexpr std::size_t reserved = 1024;  // bytes of shared memory that a block takes besides
    const Properties& p = properties();
    const std::size_t shared = kernel.static_shared + dynamic_shared + reserved;
    given(blocks) = std::min({p.multiprocessor_blocks, p.multiprocessor_threads / ((threads + 31) / 32 * 32),
                              static_cast<int>(static_cast<std::size_t>(p.multiprocessor_shared) / shared)});
    if (static_cast<unsigned>(threads) > kernel.max_threads || dynamic_shared > kernel.dynamic_allowed) *blocks = 0;
  });
}

CUresult cuLaunchKernel(CUfunction of, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x, unsigned block_y,
                        unsigned block_z, unsigned dynamic_shared, CUstream in, void** parameters, void** extra) {
  return call("cuLaunchKernel", [&](Context& c) {
    const auto f = function(c, of);
    const Kernel& kernel = *f->kernel;
    const Extent grid{grid_x, grid_y, grid_z}, block{block_x, block_y, block_z};
    require_launchable(kernel, grid, block, dynamic_shared);
    if (extra != nullptr) throw Refusal{not_supported, "parameters in one buffer (extra) are not emulated"};
    if (kernel.entry->count > 0 && parameters == nullptr) throw Refusal{invalid_value, "kernel " + kernel.name + ": no parameters"};
    put(*stream(c, in), [&c, f, grid, block, dynamic_shared, arguments = Arguments(*kernel.entry, parameters)]() mutable {
      launch(c, *f, grid, block, dynamic_shared, arguments);
    });
  });
}
