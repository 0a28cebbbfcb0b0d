// The value at risk and expected shortfall of `kernels.c`, as one writes it in C++: std::nth_element. Speaks as that file does. The
// samples are read first, from the standard input: how many, of how many values, how many of them are the tail, then the values.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <numeric>
#include <vector>

int main() {
  int samples, count, tail_count, next = 0;
  if (std::scanf("%d %d %d", &samples, &count, &tail_count) != 3) return 2;
  std::vector<double> returns(samples * count), values(count);
  for (auto &value : returns) {
    if (std::scanf("%lf", &value) != 1) return 2;
  }
  char kernel[32];
  int calls;
  while (std::scanf("%31s %d", kernel, &calls) == 2) {
    double sum = 0;
    auto from = std::chrono::steady_clock::now();
    for (int call = 0; call < calls; call++) {
      auto sample = returns.begin() + next++ % samples * count;
      std::copy(sample, sample + count, values.begin());
      auto nth = values.begin() + tail_count - 1;
      std::nth_element(values.begin(), nth, values.end());
      sum = -*nth - std::accumulate(values.begin(), nth + 1, 0.0) / tail_count;
    }
    std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - from;
    std::printf("%.0f %.17g\n", took.count(), sum);
    std::fflush(stdout);
  }
}
