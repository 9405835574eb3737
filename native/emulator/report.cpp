#include "emulator/report.h"

#include <dlfcn.h>

#include <cctype>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <random>

#include "emulator/settings.h"
#include "emulator/status.h"

namespace galvani::emulator {
namespace {

std::string said;
Settings current;

// The number in an environment variable. Refuses what is none: it would go unnoticed.
std::uint64_t number(const char* name, std::uint64_t otherwise, std::uint64_t least) {
  const char* value = std::getenv(name);
  if (value == nullptr || *value == 0) return otherwise;
  char* end = nullptr;
  const std::uint64_t n = std::strtoull(value, &end, 10);
  if (std::isdigit(static_cast<unsigned char>(*value)) == 0 || *end != 0 || n < least) {
    throw Refusal{invalid_value, text("%s=%s is not a number from %llu", name, value, static_cast<unsigned long long>(least))};
  }
  return n;
}

}  // namespace

void read_settings() {
  current.quiet = number("GALVANI_EMULATOR_QUIET", 0, 0) != 0;
  const char* kernels = std::getenv("GALVANI_EMULATED_KERNELS");
  current.kernels = kernels == nullptr ? "" : kernels;
  current.check = number("GALVANI_EMULATOR_CHECK", 0, 0) != 0;
  current.seed = number("GALVANI_EMULATOR_SEED", std::random_device()(), 0);
  current.compute_capability = static_cast<int>(number("GALVANI_EMULATOR_CC", 80, 50));
  current.devices = static_cast<int>(number("GALVANI_EMULATOR_DEVICES", 1, 0));
  current.memory = number("GALVANI_EMULATOR_MEMORY", 4096, 1) << 20;
  current.lose_after = number("GALVANI_EMULATOR_LOSE_AFTER", 0, 0);
}

const Settings& settings() { return current; }

void report(const std::string& what) {
  constexpr std::size_t enough = 1 << 16;  // where nobody asks
  if (said.size() > enough) said.clear();
  said += what + "\n";
  if (!settings().quiet) std::fprintf(stderr, "galvani emulator: %s\n", what.c_str());
}

std::string text(const char* format, ...) {
  va_list arguments, again;
  va_start(arguments, format);
  va_copy(again, arguments);
  std::string result(static_cast<std::size_t>(std::vsnprintf(nullptr, 0, format, arguments)), 0);
  std::vsnprintf(result.data(), result.size() + 1, format, again);
  va_end(again);
  va_end(arguments);
  return result;
}

std::string place_of(const void* code) {
  Dl_info found{};
  if (dladdr(code, &found) == 0 || found.dli_fname == nullptr) return "unknown code";
  const auto offset = static_cast<const char*>(code) - static_cast<const char*>(found.dli_fbase) - 1;  // within the call
  const std::string command = text("env -u LD_PRELOAD -u LD_LIBRARY_PATH addr2line -e '%s' 0x%lx 2>/dev/null", found.dli_fname,
                                   static_cast<unsigned long>(offset));
  if (std::FILE* pipe = popen(command.c_str(), "r")) {
    char line[1024] = "";
    const bool any = std::fgets(line, sizeof line, pipe) != nullptr;
    pclose(pipe);
    if (any && line[0] != '?') {
      line[std::strcspn(line, " \n")] = 0;
      const char* name = std::strrchr(line, '/');
      return name == nullptr ? line : name + 1;
    }
  }
  return text("%s+0x%lx", found.dli_sname == nullptr ? found.dli_fname : found.dli_sname, static_cast<unsigned long>(offset));
}

}  // namespace galvani::emulator

extern "C" __attribute__((visibility("default"))) const char* galvani_emulator_said() {
  static std::string given;
  given.swap(galvani::emulator::said);
  galvani::emulator::said.clear();
  return given.c_str();
}
