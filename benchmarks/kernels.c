// The kernels in C, plain loops and the same steps, as what `npm run bench:kernels` compares with: gcc -O3 -march=native. Reads
// lines "KERNEL CALLS" and answers "NANOSECONDS CHECKSUM", so that both sides take turns. The random numbers are those of
// src/engines/quant/normal-streams.ts, from which all inputs come too; the checksums show that both compute the same.
#include <float.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// A processor learns the branches of one sample by heart, so that there are many.
enum { samples = 32, returns = 10000, tail_count = 500 };
enum { layers = 256, paths_per_block = 256, paths = 100000 };
enum { series = 100, observations = 252, rows = 60, columns = 6, dates = 252 };

static const double tail_from = 3.6541528853610088;
static const int64_t seed = 20261120;

// Normals

static double scale[layers], inside[layers], heights[layers + 1];
static uint32_t state[4];

static double height_at(double x) { return exp(-0.5 * x * x); }

static void create_ziggurat(void) {
  double widths[layers + 1];
  double area = tail_from * height_at(tail_from) + sqrt(2 * M_PI) * 0.5 * erfc(tail_from / sqrt(2));
  double width = tail_from;
  widths[0] = area / height_at(tail_from);
  widths[layers] = 0;
  for (int layer = 1; layer < layers; layer++) {
    widths[layer] = width;
    width = sqrt(fmax(0, -2 * log(fmin(1, height_at(width) + area / width))));
  }
  for (int layer = 0; layer < layers; layer++) {
    scale[layer] = widths[layer] / 0x1p52;
    inside[layer] = widths[layer + 1] / widths[layer] * 0x1p52;
  }
  for (int layer = 0; layer <= layers; layer++) heights[layer] = layer == 0 ? 0 : height_at(widths[layer]);
}

static inline uint32_t turn(uint32_t word, int bits) { return word << bits | word >> (32 - bits); }

static void enter(uint32_t block) {
  uint32_t a = (uint32_t)seed, b = (uint32_t)(seed >> 32), c = block, d = 0x9e3779b9;
  for (int round = 0; round < 10; round++) {
    a += b; d = turn(d ^ a, 16);
    c += d; b = turn(b ^ c, 12);
    a += b; d = turn(d ^ a, 8);
    c += d; b = turn(b ^ c, 7);
  }
  state[0] = a; state[1] = b; state[2] = c; state[3] = d;
}

static inline uint32_t step(uint32_t *s) {
  uint32_t result = turn(s[1] * 5, 7) * 9, shifted = s[1] << 9;
  s[2] ^= s[0]; s[3] ^= s[1]; s[1] ^= s[2]; s[0] ^= s[3];
  s[2] ^= shifted; s[3] = turn(s[3], 11);
  return result;
}

static inline double draw_of(uint32_t high, uint32_t low) {
  return (double)((int64_t)(int32_t)high * 0x200000 + (low >> 11)) + 0.5;
}

static double uniform(void) { return (step(state) + 0.5) / 0x1p32; }

static double settle(double draw, int layer) {
  for (;;) {
    double value = draw * scale[layer];
    if (fabs(draw) < inside[layer]) return value;
    if (layer == 0) {
      for (;;) {
        double x = -log(uniform()) / tail_from, y = -log(uniform());
        if (y + y > x * x) return draw < 0 ? -tail_from - x : tail_from + x;
      }
    }
    if (heights[layer] + uniform() * (heights[layer + 1] - heights[layer]) < height_at(value)) return value;
    uint32_t high = step(state), low = step(state);
    draw = draw_of(high, low);
    layer = low & (layers - 1);
  }
}

static void fill(uint32_t block, double *out, int count) {
  static int unsettled[1024];
  static uint8_t unsettled_layers[1024];
  enter(block);
  for (int from = 0; from < count; from += 1024) {
    int to = from + 1024 < count ? from + 1024 : count, left = 0;
    uint32_t s[4];
    memcpy(s, state, sizeof s);
    for (int index = from; index < to; index++) {
      uint32_t high = step(s), low = step(s);
      int layer = low & (layers - 1);
      double draw = draw_of(high, low);
      if (fabs(draw) < inside[layer]) {
        out[index] = draw * scale[layer];
      } else {
        out[index] = draw;
        unsettled[left] = index;
        unsettled_layers[left++] = layer;
      }
    }
    memcpy(state, s, sizeof s);
    for (int index = 0; index < left; index++) out[unsettled[index]] = settle(out[unsettled[index]], unsettled_layers[index]);
  }
}

// Monte Carlo

static double factor[10 * 10], shift;

static void create_factor(int assets) {
  shift = 0.05 - 0.2 * 0.2 / 2;
  for (int row = 0; row < assets; row++) {
    for (int column = 0; column <= row; column++) {
      double rest = row == column ? 1 : 0.3;
      for (int index = 0; index < column; index++) rest -= factor[row * assets + index] * factor[column * assets + index];
      factor[row * assets + column] = row == column ? sqrt(rest) : rest / factor[column * assets + column];
    }
  }
  for (int index = 0; index < assets * assets; index++) factor[index] *= 0.2;
}

static double simulate(int assets) {
  static double out[paths], normals[10 * paths_per_block], logs[paths_per_block];
  create_factor(assets);
  double weight = 1.0 / assets;
  for (int from = 0, block = 0; from < paths; from += paths_per_block, block++) {
    int count = paths - from < paths_per_block ? paths - from : paths_per_block;
    fill(block, normals, assets * paths_per_block);
    double *sums = out + from;
    for (int path = 0; path < count; path++) sums[path] = 0;
    for (int asset = 0; asset < assets; asset++) {
      for (int path = 0; path < count; path++) logs[path] = shift;
      for (int index = 0; index <= asset; index++) {
        double element = factor[asset * assets + index];
        for (int path = 0; path < count; path++) logs[path] += element * normals[index * paths_per_block + path];
      }
      for (int path = 0; path < count; path++) sums[path] += weight * (exp(logs[path]) - 1);
    }
  }
  return out[0] + out[paths / 2] + out[paths - 1];
}

static double normals_of_a_block(void) {
  static double out[paths];
  fill(1, out, paths);
  return out[0] + out[paths / 2] + out[paths - 1];
}

// Value at risk and expected shortfall

static double all_returns[samples * returns], tail[returns];
static const double *sample;

static double median_of(double a, double b, double c) { return fmax(fmin(a, b), fmin(fmax(a, b), c)); }

static void select_nth(double *values, int count, int target) {
  int low = 0, high = count - 1;
  while (low < high) {
    double pivot = median_of(values[low], values[(low + high) >> 1], values[high]);
    int left = low, right = high;
    while (left <= right) {
      while (values[left] < pivot) left++;
      while (values[right] > pivot) right--;
      if (left > right) break;
      double value = values[left];
      values[left++] = values[right];
      values[right--] = value;
    }
    if (target <= right) high = right;
    else if (target >= left) low = left;
    else return;
  }
}

static int keep_up_to(double threshold) {
  int count = 0;
  for (int index = 0; index < returns; index++) {
    double value = sample[index];
    if (value <= threshold) tail[count++] = value;
    else if (!(value <= DBL_MAX)) exit(1);
  }
  return count;
}

static double value_at_risk(void) {
  static int next = 0;
  sample = all_returns + next++ % samples * returns;
  double probe[256], share = (double)tail_count / returns;
  int rank = (int)ceil(256 * share + 2.5 * sqrt(256 * share * (1 - share)));
  for (int index = 0; index < 256; index++) probe[index] = sample[index * (returns / 256)];
  select_nth(probe, 256, rank);
  int kept = keep_up_to(probe[rank]);
  if (kept < tail_count) kept = keep_up_to(DBL_MAX);
  select_nth(tail, kept, tail_count - 1);
  double sum = 0;
  for (int index = 0; index < tail_count; index++) sum += tail[index];
  return -tail[tail_count - 1] - sum / tail_count;
}

// Correlation: series scaled to length one, turned so that the innermost loop runs over series, which the compiler can vectorise.

static double panel[series * observations], turned[observations * series], matrix[series * series];

static double correlate(void) {
  for (int index = 0; index < series; index++) {
    const double *values = panel + index * observations;
    double sum = 0, square = 0;
    for (int time = 0; time < observations; time++) sum += values[time];
    double mean = sum / observations;
    for (int time = 0; time < observations; time++) square += (values[time] - mean) * (values[time] - mean);
    double unit = 1 / sqrt(square);
    for (int time = 0; time < observations; time++) turned[time * series + index] = (values[time] - mean) * unit;
  }
  memset(matrix, 0, sizeof matrix);
  for (int row = 0; row < series; row++) {
    double *sums = matrix + row * series;
    for (int time = 0; time < observations; time++) {
      const double *values = turned + time * series;
      double value = values[row];
      for (int column = row; column < series; column++) sums[column] += value * values[column];
    }
  }
  for (int row = 0; row < series; row++) {
    matrix[row * series + row] = 1;
    for (int column = row + 1; column < series; column++) {
      double value = fmax(-1, fmin(1, matrix[row * series + column]));
      matrix[row * series + column] = value;
      matrix[column * series + row] = value;
    }
  }
  return matrix[1] + matrix[series * series - 2];
}

// Orthogonalisation by Householder's reflections

static double signals[dates * rows * columns];
static double x[rows * columns], reflectors[rows * columns], q[rows * columns], out[rows * columns];
static double r[columns * columns], small[columns * columns], rotated[columns * columns], turns[columns * columns];
static double signs[columns];
static int kept_columns[columns];

static double dot(const double *a, const double *b, int length) {
  double sum = 0;
  for (int index = 0; index < length; index++) sum += a[index] * b[index];
  return sum;
}

static void add_scaled(double *restrict target, const double *restrict source, int length, double by) {
  for (int index = 0; index < length; index++) target[index] += by * source[index];
}

static void centre(void) {
  for (int column = 0; column < columns; column++) {
    double *values = x + column * rows, sum = 0, largest = 0;
    for (int row = 0; row < rows; row++) sum += values[row];
    double mean = sum / rows;
    for (int row = 0; row < rows; row++) {
      values[row] -= mean;
      largest = fmax(largest, fabs(values[row]));
    }
    if (largest <= rows * DBL_EPSILON * fabs(mean)) memset(values, 0, rows * sizeof *values);
  }
}

static void reflect(double *values, int index) {
  double *from = reflectors + index * rows + index;
  add_scaled(values + index, from, rows - index, -dot(from, values + index, rows - index));
}

static int factorise(void) {
  int rank = 0;
  double first = 0;
  for (int column = 0; column < columns; column++) {
    double *slot = reflectors + rank * rows;
    memcpy(slot, x + column * rows, rows * sizeof *slot);
    for (int index = 0; index < rank; index++) reflect(slot, index);
    double length = sqrt(dot(slot + rank, slot + rank, rows - rank));
    if (length <= rows * DBL_EPSILON * first) continue;
    if (rank == 0) first = length;
    for (int row = 0; row < rank; row++) r[rank * columns + row] = slot[row] * signs[row];
    r[rank * columns + rank] = length;
    kept_columns[rank] = column;
    double head = slot[rank];
    signs[rank] = head < 0 ? 1 : -1;
    slot[rank] = head + (head < 0 ? -length : length);
    double by = 1 / sqrt(length * (length + fabs(head)));
    for (int row = rank; row < rows; row++) slot[row] *= by;
    rank++;
  }
  memset(q, 0, sizeof q);
  for (int column = 0; column < rank; column++) {
    q[column * rows + column] = signs[column];
    for (int index = column; index >= 0; index--) reflect(q + column * rows, index);
  }
  return rank;
}

static void rotate(double *a, double *b, double cosine, double sine) {
  for (int index = 0; index < columns; index++) {
    double left = a[index], right = b[index];
    a[index] = cosine * left - sine * right;
    b[index] = sine * left + cosine * right;
  }
}

static int sweep(int rank) {
  int settled = 1;
  for (int left = 0; left < rank - 1; left++) {
    for (int right = left + 1; right < rank; right++) {
      double *from = rotated + left * columns, *to = rotated + right * columns;
      double a = dot(from, from, rank), b = dot(to, to, rank), c = dot(from, to, rank);
      if (fabs(c) <= DBL_EPSILON * sqrt(a * b)) continue;
      settled = 0;
      double cotangent = (b - a) / (2 * c);
      double tangent = (cotangent < 0 ? -1 : 1) / (fabs(cotangent) + sqrt(1 + cotangent * cotangent));
      double cosine = 1 / sqrt(1 + tangent * tangent);
      rotate(from, to, cosine, cosine * tangent);
      rotate(turns + left * columns, turns + right * columns, cosine, cosine * tangent);
    }
  }
  return settled;
}

static void polar_factor(int rank) {
  for (int column = 0; column < columns; column++) {
    for (int row = 0; row < columns; row++) {
      rotated[column * columns + row] = row <= column ? r[column * columns + row] : 0;
      turns[column * columns + row] = row == column;
    }
  }
  for (int count = 0; count < 40 && !sweep(rank); count++);
  for (int column = 0; column < rank; column++) {
    double *values = rotated + column * columns, by = 1 / sqrt(dot(values, values, rank));
    for (int row = 0; row < rank; row++) values[row] *= by;
  }
  for (int column = 0; column < rank; column++) {
    for (int row = 0; row < rank; row++) {
      double sum = 0;
      for (int index = 0; index < rank; index++) sum += rotated[index * columns + row] * turns[index * columns + column];
      small[column * columns + row] = sum;
    }
  }
}

static void residual_factor(int rank) {
  memset(small, 0, sizeof small);
  for (int column = 0; column < rank; column++) {
    for (int row = column; row >= 0; row--) {
      double sum = row == column;
      for (int index = row + 1; index <= column; index++) sum -= r[index * columns + row] * small[index * columns + column];
      small[row * columns + column] = sum / r[row * columns + row];
    }
  }
  for (int row = 0; row < rank; row++) {
    double square = dot(small + row * columns, small + row * columns, rank);
    for (int index = row; index < rank; index++) small[row * columns + index] /= square;
  }
}

enum method { qr, symmetric, residual };

/** All dates; the sum of one element of each. */
static double orthogonalise(enum method method) {
  double sum = 0;
  for (int date = 0; date < dates; date++) {
    memcpy(x, signals + date * rows * columns, sizeof x);
    centre();
    int rank = factorise();
    memset(out, 0, sizeof out);
    if (method == symmetric) polar_factor(rank);
    if (method == residual) residual_factor(rank);
    for (int column = 0; column < rank; column++) {
      double *target = out + kept_columns[column] * rows;
      if (method == qr) {
        memcpy(target, q + column * rows, rows * sizeof *target);
        continue;
      }
      for (int index = method == symmetric ? 0 : column; index < rank; index++) {
        add_scaled(target, q + index * rows, rows, small[column * columns + index]);
      }
    }
    sum += out[rows * columns - 1];
  }
  return sum;
}

static double run(const char *kernel) {
  if (strcmp(kernel, "var") == 0) return value_at_risk();
  if (strcmp(kernel, "normals") == 0) return normals_of_a_block();
  if (strcmp(kernel, "monte-carlo-1") == 0) return simulate(1);
  if (strcmp(kernel, "monte-carlo-10") == 0) return simulate(10);
  if (strcmp(kernel, "correlation") == 0) return correlate();
  if (strcmp(kernel, "qr") == 0) return orthogonalise(qr);
  if (strcmp(kernel, "symmetric") == 0) return orthogonalise(symmetric);
  if (strcmp(kernel, "residual") == 0) return orthogonalise(residual);
  fprintf(stderr, "kernels: there is no kernel %s\n", kernel);
  exit(2);
}

int main(void) {
  create_ziggurat();
  fill(100, all_returns, samples * returns);
  for (int index = 0; index < samples * returns; index++) all_returns[index] *= 0.01;
  fill(101, panel, series * observations);
  fill(102, signals, dates * rows * columns);
  char kernel[32];
  int calls;
  while (scanf("%31s %d", kernel, &calls) == 2) {
    struct timespec from, to;
    double sum = 0;
    clock_gettime(CLOCK_MONOTONIC, &from);
    for (int call = 0; call < calls; call++) sum = run(kernel);
    clock_gettime(CLOCK_MONOTONIC, &to);
    printf("%.0f %.17g\n", (to.tv_sec - from.tv_sec) * 1e9 + (to.tv_nsec - from.tv_nsec), sum);
    fflush(stdout);
  }
  return 0;
}
