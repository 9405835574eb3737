// The error bounds that kernels/common/math.h states at its head, measured: the scalars, the packs of every instruction set of
// this machine, and the table variant of exp that only packs of AVX-512 take, here on one lane.
#include <fstream>
#include <functional>
#include <map>
#include <random>
#include <sstream>

#include "common/math.h"
#include "cpu/engine.h"
#include "galvani.h"
#include "surrogate/layers.h"
#include "test/check.h"

namespace galvani {

// One lane that looks up 2^(j/16) as a pack of AVX-512 does.
struct TableLane {
  using Lane = double;
  double value;
  TableLane() = default;
  explicit TableLane(double x) : value(x) {}
  friend TableLane operator+(TableLane a, TableLane b) { return TableLane(a.value + b.value); }
  friend TableLane operator-(TableLane a, TableLane b) { return TableLane(a.value - b.value); }
  friend TableLane operator*(TableLane a, TableLane b) { return TableLane(a.value * b.value); }
  friend TableLane operator/(TableLane a, TableLane b) { return TableLane(a.value / b.value); }
  friend TableLane operator-(TableLane a) { return TableLane(-a.value); }
  friend bool operator<(TableLane a, TableLane b) { return a.value < b.value; }
};
template <>
inline constexpr bool has_register_table<TableLane> = true;
inline TableLane abs(TableLane x) { return TableLane(abs(x.value)); }
inline TableLane clamp(TableLane x, TableLane low, TableLane high) { return TableLane(clamp(x.value, low.value, high.value)); }
inline TableLane select(bool c, TableLane a, TableLane b) { return c ? a : b; }
inline TableLane scale16(TableLane shifted, const std::int64_t* table) {
  const auto k = bits_as<std::uint64_t>(shifted.value);
  return TableLane(bits_as<double>(static_cast<std::uint64_t>(table[k & 15]) + (k << 48)));
}
inline TableLane scale1(TableLane shifted) { return TableLane(scale1(shifted.value)); }
inline void split(TableLane x, TableLane& m, TableLane& e) { split(x.value, m.value, e.value); }

}  // namespace galvani

using namespace galvani;
using namespace galvani::test;
using Real = long double;

namespace {

struct Function {
  const char* row;  // in the table of math.h
  Real (*exact)(Real x, Real power);
  bool positive = false, negative = false;  // takes numbers of that sign only
};

// In the order of kMathFunctions.
const Function kFunctions[] = {
    {"exp", [](Real x, Real) { return expl(x); }},
    {"expm1", [](Real x, Real) { return expm1l(x); }},
    {"log", [](Real x, Real) { return logl(x); }, true},
    {"linoid", [](Real x, Real) { return x == 0 ? 1 : x / expm1l(x); }},
    {"sigmoid", [](Real x, Real) { return 1 / (1 + expl(-x)); }},
    {"pow", [](Real x, Real power) { return powl(x, power); }, true},
    {"decayed", [](Real x, Real) { return -expm1l(x); }, false, true},
};

// Row of the table at the head of math.h: the stated bounds.
struct Stated { double f64, f32; };
const std::map<std::string, Stated>& stated() {
  static const auto table = [] {
    std::map<std::string, Stated> rows;
    std::ifstream head(GALVANI_KERNEL_SOURCES "/common/math.h");
    for (std::string line; std::getline(head, line) && line.rfind("//", 0) == 0;) {
      std::istringstream words(line.substr(2));
      std::string name, word;
      words >> name;
      for (const Function& f : kFunctions) {
        if (name != f.row) continue;
        std::vector<double> numbers;
        while (words >> word && numbers.size() < 2) {
          char* end;
          const double x = std::strtod(word.c_str(), &end);
          if (*end == 0) numbers.push_back(x);
        }
        if (numbers.size() == 2) rows[name] = {numbers[0], numbers[1]};
      }
    }
    return rows;
  }();
  return table;
}

// An implementation of all functions over an array.
template <class T>
struct Implementation {
  std::string name;
  std::function<void(int function, const std::vector<T>& x, std::vector<T>& y)> apply;
};

template <class R>
R apply(int function, R x, R power) {
  switch (function) {
    case 0: return galvani::exp(x);
    case 1: return galvani::expm1(x);
    case 2: return galvani::log(x);
    case 3: return galvani::linoid(x);
    case 4: return galvani::sigmoid(x);
    case 5: return galvani::pow(x, power);
    default: return galvani::decayed(x);
  }
}

template <class T>
std::vector<Implementation<T>> implementations() {
  std::vector<Implementation<T>> all;
  all.push_back({"scalar", [](int f, const std::vector<T>& x, std::vector<T>& y) {
    for (std::size_t i = 0; i < x.size(); ++i) y[i] = apply(f, x[i], T(4.8));
  }});
  if constexpr (sizeof(T) == 8) {
    all.push_back({"table", [](int f, const std::vector<T>& x, std::vector<T>& y) {
      for (std::size_t i = 0; i < x.size(); ++i) y[i] = apply(f, TableLane(x[i]), TableLane(4.8)).value;
    }});
  }
  static const char* const names[] = {"baseline", "avx2", "avx512"};
  for (int isa = 0; isa <= gv_best_isa(); ++isa) {
    all.push_back({names[isa], [isa](int f, const std::vector<T>& x, std::vector<T>& y) {
      CHECK(gv_math(isa, f, sizeof(T) == 4, static_cast<std::int64_t>(x.size()), x.data(), y.data()) == GV_OK);
    }});
  }
  return all;
}

template <class T>
constexpr T kLow = sizeof(T) == 8 ? T(-708) : T(-87);
template <class T>
constexpr T kHigh = sizeof(T) == 8 ? T(709) : T(88);

// Arguments over the whole stated range: even, random, by magnitude on both sides of 0, and where the pieces of a reduction meet.
template <class T>
std::vector<T> arguments(const Function& f) {
  std::mt19937_64 random(1);
  std::vector<T> x;
  const bool pow = std::strcmp(f.row, "pow") == 0;
  if (f.positive && !pow) {
    std::uniform_real_distribution<double> power(sizeof(T) == 8 ? -1022 : -126, sizeof(T) == 8 ? 1023.99 : 127.99);
    std::uniform_real_distribution<double> near(0.5, 2);
    for (int i = 0; i < 150'000; ++i) x.push_back(static_cast<T>(std::exp2(power(random))));
    for (int i = 0; i < 150'000; ++i) x.push_back(static_cast<T>(near(random)));
    for (int i = 1; i < 2000; ++i) x.push_back(static_cast<T>(1 + std::exp2(-i / 40.0) * (i % 2 == 0 ? 1 : -0.49)));
    x.push_back(std::numeric_limits<T>::min());
    x.push_back(std::numeric_limits<T>::max());
  } else {
    const double low = pow ? 0.1 : kLow<T>, high = pow ? 10 : kHigh<T>;
    std::uniform_real_distribution<double> uniform(low, high);
    for (int i = 0; i <= 150'000; ++i) x.push_back(static_cast<T>(low + (high - low) * i / 150'000));
    for (int i = 0; i < 100'000; ++i) x.push_back(static_cast<T>(uniform(random)));
    if (!pow) {
      for (int i = 0; i < 60'000; ++i) {
        const double magnitude = std::exp2(6.4 - i / 1000.0);
        x.push_back(static_cast<T>(i % 2 == 0 ? magnitude : -magnitude));
      }
      for (int k = static_cast<int>(low * 46); k <= high * 46; ++k) {  // odd multiples of ln2/64: all reductions
        for (double shift : {-1e-9, 0.0, 1e-9}) x.push_back(static_cast<T>(std::clamp(k * 0.693147180559945 / 32 + shift, low, high)));
      }
    }
    x.push_back(static_cast<T>(low));
    x.push_back(static_cast<T>(high));
  }
  if (f.negative) {
    for (T& value : x) value = -abs(value);
    std::erase_if(x, [](T value) { return value < kLow<T>; });
  }
  while (x.size() % 16 != 0) x.push_back(x.back());
  return x;
}

template <class T>
void measure(const char* type, double Stated::*bound) {
  for (int f = 0; f < static_cast<int>(std::size(kFunctions)); ++f) {
    const Function& function = kFunctions[f];
    const std::vector<T> x = arguments<T>(function);
    std::vector<Real> exact(x.size());
    for (std::size_t i = 0; i < x.size(); ++i) exact[i] = function.exact(x[i], T(4.8));
    std::vector<T> y(x.size());
    std::printf("  %-8s%-7s", function.row, type);
    const double limit = stated().count(function.row) ? stated().at(function.row).*bound : 0;
    for (const auto& implementation : implementations<T>()) {
      const Part part(implementation.name);
      implementation.apply(f, x, y);
      double worst = 0;
      T at = 0;
      for (std::size_t i = 0; i < x.size(); ++i) {
        const double error = static_cast<double>(exact[i] == 0 ? fabsl(y[i]) : fabsl((y[i] - exact[i]) / exact[i]));
        if (error > worst || std::isnan(error)) worst = std::isnan(error) ? HUGE_VAL : error, at = x[i];
      }
      std::printf("  %s %.1e", implementation.name.c_str(), worst);
      if (!(worst <= limit)) std::printf(" at %.17g", static_cast<double>(at));
      CHECK(worst <= limit);
    }
    std::printf("\n");
  }
}

// y of every implementation at a few x.
template <class T, class Judge>
void everywhere(int function, const std::vector<T>& x, Judge judge) {
  std::vector<T> padded = x, y(16);
  padded.resize(16, x[0]);
  for (const auto& implementation : implementations<T>()) {
    const Part part(implementation.name + (sizeof(T) == 8 ? " double " : " float ") + kFunctions[function].row);
    implementation.apply(function, padded, y);
    judge(y);
  }
}

template <class T>
void edges() {
  const T nan = std::numeric_limits<T>::quiet_NaN(), inf = std::numeric_limits<T>::infinity();
  const T tiny = sizeof(T) == 8 ? T(1e-300) : T(1e-37), least = std::numeric_limits<T>::denorm_min();
  for (int f = 0; f < static_cast<int>(std::size(kFunctions)); ++f) everywhere<T>(f, {nan}, [](const auto& y) { CHECK(std::isnan(y[0])); });
  const auto same = [](const auto& y) { CHECK((y[1] == y[0]) & (y[2] == y[0])); };
  for (int f : {0, 1}) {
    everywhere<T>(f, {kLow<T>, -2 * kHigh<T>, -inf}, same);
    everywhere<T>(f, {kHigh<T>, 2 * kHigh<T>, inf}, same);
  }
  everywhere<T>(4, {-kHigh<T>, -2 * kHigh<T>, -inf}, same);
  everywhere<T>(4, {-kLow<T>, 2 * kHigh<T>, inf}, same);
  everywhere<T>(0, {0, -T(0), tiny, -tiny, least}, [](const auto& y) { for (int i = 0; i < 5; ++i) CHECK(y[i] == 1); });
  everywhere<T>(1, {0, -T(0)}, [](const auto& y) { CHECK((y[0] == 0) & (y[1] == 0)); });
  everywhere<T>(1, {tiny, -tiny, least}, [&](const auto& y) { CHECK((y[0] == tiny) & (y[1] == -tiny) & (y[2] == least)); });
  everywhere<T>(2, {1}, [](const auto& y) { CHECK(y[0] == 0); });
  everywhere<T>(6, {kLow<T>, -2 * kHigh<T>, -inf}, same);
  everywhere<T>(6, {0, -T(0)}, [](const auto& y) { CHECK((y[0] == 0) & (y[1] == 0)); });
  everywhere<T>(6, {-tiny, -least}, [&](const auto& y) { CHECK((y[0] == tiny) & (y[1] == least)); });
  everywhere<T>(3, {0, -T(0), tiny, -tiny, least}, [](const auto& y) { for (int i = 0; i < 5; ++i) CHECK(y[i] == 1); });
  everywhere<T>(4, {0, -T(0), tiny, -tiny}, [](const auto& y) { for (int i = 0; i < 4; ++i) CHECK(y[i] == T(0.5)); });
  everywhere<T>(5, {1}, [](const auto& y) { CHECK(y[0] == 1); });
}

template <class T>
void powers(double Stated::*bound) {
  std::mt19937_64 random(2);
  std::uniform_real_distribution<double> base(0.1, 10), power(-5, 5);
  double worst = 0;
  for (int i = 0; i < 200'000; ++i) {
    const T x = static_cast<T>(base(random)), y = static_cast<T>(power(random));
    const Real exact = powl(x, y);
    worst = std::fmax(worst, static_cast<double>(fabsl((galvani::pow(x, y) - exact) / exact)));
  }
  std::printf("  pow of any power: %.1e\n", worst);
  CHECK(worst <= stated().at("pow").*bound);
}

}  // namespace

TEST(table_is_complete) { CHECK(stated().size() == std::size(kFunctions)); }
TEST(bounds_of_double) { measure<double>("double", &Stated::f64); }
TEST(bounds_of_float) { measure<float>("float", &Stated::f32); }
TEST(edges_of_double) { edges<double>(); }
TEST(edges_of_float) { edges<float>(); }
TEST(powers_of_double) { powers<double>(&Stated::f64); }
TEST(powers_of_float) { powers<float>(&Stated::f32); }

TEST(bfloat16_is_the_nearest) {
  const auto stored = [](std::uint32_t bits) { return galvani::stored<galvani::BFloat16>(galvani::bits_as<float>(bits)).bits; };
  CHECK(stored(0x3f800000) == 0x3f80);
  CHECK(stored(0x3f808000) == 0x3f80 && stored(0x3f818000) == 0x3f82);  // halves: to the even one
  CHECK(stored(0x3f808001) == 0x3f81 && stored(0xbf807fff) == 0xbf80);
  CHECK(stored(0x7f7fffff) == 0x7f80 && stored(0xff800000) == 0xff80);  // infinity
  const float nan = galvani::summed(galvani::stored<galvani::BFloat16>(galvani::bits_as<float>(std::uint32_t{0x7fffffff})));
  CHECK(nan != nan);
}

int main(int argc, char** argv) { return run(argc, argv); }
