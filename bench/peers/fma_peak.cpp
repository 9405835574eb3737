// The float32 multiply-adds that this machine can do at most: fma_peak THREADS prints GFLOP/s of all threads together, two operations
// each, the best of ten stretches. Nothing is read from memory. Compiled with -march=native, for the widest vectors there are.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>
#include <vector>

#if defined(__AVX512F__)
constexpr int kBytes = 64;
#else
constexpr int kBytes = 32;
#endif
typedef float Pack __attribute__((vector_size(kBytes)));
constexpr int kChains = 12;  // more than latency times units; with two constants, fewer than registers
constexpr long kRounds = 10'000'000;

static float chains(float start) {
  Pack sum[kChains];
  Pack factor = Pack{} + 0.999999f, summand = Pack{} + 1e-6f;
  for (int i = 0; i < kChains; i++) sum[i] = Pack{} + (start + float(i));
  for (long r = 0; r < kRounds; r++) {
    for (int i = 0; i < kChains; i++) sum[i] = sum[i] * factor + summand;
    // As if all had been looked at: no round may be left out or joined to the next.
    asm volatile("" : "+x"(factor), "+x"(summand));
  }
  for (int i = 1; i < kChains; i++) sum[0] += sum[i];
  return sum[0][0];
}

int main(int count, char** arguments) {
  const int threads = count > 1 ? std::atoi(arguments[1]) : 1;
  double best = 0;
  std::vector<float> results(threads);
  for (int stretch = 0; stretch < 10; stretch++) {
    auto begin = std::chrono::steady_clock::now();
    std::vector<std::thread> others;
    for (int t = 1; t < threads; t++) others.emplace_back([&results, t] { results[t] = chains(float(t)); });
    results[0] = chains(0.5f);
    for (auto& other : others) other.join();
    double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    double rate = 2.0 * threads * kRounds * kChains * (kBytes / 4) / seconds / 1e9;
    best = rate > best ? rate : best;
  }
  for (float r : results) {
    if (r != r) return 1;
  }
  std::printf("%.1f\n", best);
}
