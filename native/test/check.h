// Tests without a framework: TEST(name) { … CHECK(…); } registers a case; main() { return run(argc, argv); } runs those whose
// name contains an argument, all without one.
#pragma once

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

namespace galvani::test {

struct Case {
  const char* name;
  void (*body)();
};

inline std::vector<Case>& cases() {
  static std::vector<Case> all;
  return all;
}

inline int failures = 0, printed = 0;
inline std::string label;  // what the case is about right now, printed with a failure

// Names a part of a case for the length of a scope.
class Part {
 public:
  explicit Part(const std::string& name) : before_(label) { label += (label.empty() ? "" : ", ") + name; }
  ~Part() { label = before_; }
  Part(const Part&) = delete;
  Part& operator=(const Part&) = delete;

 private:
  std::string before_;
};

inline void fail(const char* file, int line, const std::string& what) {
  ++failures;
  if (++printed > 12) return;  // the first ones of a case tell
  std::printf("  %s:%d: %s%s%s\n", std::strrchr(file, '/') + 1, line, what.c_str(), label.empty() ? "" : "  | ", label.c_str());
}

inline void check_near(double a, double b, double tolerance, const char* text, const char* file, int line) {
  if (std::fabs(a - b) <= tolerance) return;
  char numbers[160];
  std::snprintf(numbers, sizeof numbers, ": %.17g, not %.17g ± %.2g", a, b, tolerance);
  fail(file, line, text + std::string(numbers));
}

inline int run(int argc, char** argv) {
  for (const Case& c : cases()) {
    if (argc > 1 && std::none_of(argv + 1, argv + argc, [&](const char* part) { return std::strstr(c.name, part) != nullptr; })) {
      continue;
    }
    const int before = failures;
    printed = 0;
    const auto start = std::chrono::steady_clock::now();
    c.body();
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;
    std::printf("%-4s %-44s %6.2f s\n", failures == before ? "ok" : "FAIL", c.name, seconds.count());
  }
  if (failures > 0) std::printf("%d checks failed\n", failures);
  return failures == 0 ? 0 : 1;
}

}  // namespace galvani::test

#define TEST(name)                                                                                                    \
  static void name();                                                                                                 \
  [[maybe_unused]] static const auto& name##_case = ::galvani::test::cases().emplace_back(::galvani::test::Case{#name, name}); \
  static void name()

#define CHECK(holds) \
  do { if (!(holds)) ::galvani::test::fail(__FILE__, __LINE__, #holds); } while (false)
#define CHECK_NEAR(a, b, tolerance) ::galvani::test::check_near(a, b, tolerance, #a, __FILE__, __LINE__)
