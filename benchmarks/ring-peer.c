/* What a ring between two processes can reach without a runtime: the same layout, records and content as ring-runs.mjs.
   Prints the round trips of one message (p50 and p99, in ns) and the messages of 64 bytes a second, checked in order. */
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { units = 1 << 17, words = 16, batch = 256 };

typedef struct {
  _Alignas(128) _Atomic uint32_t head;
  _Alignas(128) _Atomic uint32_t tail;
  _Alignas(128) int32_t data[units * 2];
} ring;

typedef struct { ring *at; uint32_t next, seen; } side;

static double now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return t.tv_sec * 1e9 + t.tv_nsec;
}

static int32_t content(uint32_t index, uint32_t word) {
  return word == 0 ? (int32_t)index : (int32_t)((index + word) * 0x9e3779b1u);
}

static int32_t *claim(side *s, uint32_t bytes) {
  uint32_t need = (8 + bytes + 7) >> 3, at = s->next & (units - 1), left = units - at, pad = need <= left ? 0 : left;
  if (units - (s->next - s->seen) < need + pad) {
    s->seen = atomic_load_explicit(&s->at->tail, memory_order_acquire);
    if (units - (s->next - s->seen) < need + pad) return NULL;
  }
  if (pad) { s->at->data[at * 2] = -1; s->next += pad; at = 0; }
  int32_t *record = s->at->data + at * 2;
  record[0] = bytes;
  s->next += need;
  return record + 2;
}

static void commit(side *s) { atomic_store_explicit(&s->at->head, s->next, memory_order_release); }
static void release(side *s) { atomic_store_explicit(&s->at->tail, s->next, memory_order_release); }

static int32_t *take(side *s) {
  if (s->next == s->seen) {
    s->seen = atomic_load_explicit(&s->at->head, memory_order_acquire);
    if (s->next == s->seen) return NULL;
  }
  uint32_t at = s->next & (units - 1);
  if (s->at->data[at * 2] == -1) { s->next += units - at; at = 0; }
  int32_t *record = s->at->data + at * 2;
  s->next += (8 + record[0] + 7) >> 3;
  return record + 2;
}

static void put(side *s, uint32_t index) {
  int32_t *record;
  while (!(record = claim(s, words * 4)));
  for (uint32_t word = 0; word < words; word++) record[word] = content(index, word);
  commit(s);
}

static int ascending(const void *a, const void *b) { double d = *(double *)a - *(double *)b; return (d > 0) - (d < 0); }

int main(int argc, char **argv) {
  uint32_t trips = argc > 1 ? atoi(argv[1]) : 1000000, count = argc > 2 ? atoi(argv[2]) : 10000000;
  ring *rings = mmap(NULL, 3 * sizeof(ring), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
  if (rings == MAP_FAILED) return 1;
  if (fork() == 0) {
    side in = {&rings[0]}, out = {&rings[1]}, many = {&rings[2]};
    for (uint32_t index = 0; index < trips; index++) {
      int32_t *got, *answer;
      while (!(got = take(&in)));
      while (!(answer = claim(&out, words * 4)));
      for (uint32_t word = 0; word < words; word++) answer[word] = got[word];
      commit(&out);
      release(&in);
    }
    for (uint32_t index = 0; index < count; index++) put(&many, index);
    _exit(0);
  }
  side out = {&rings[0]}, in = {&rings[1]}, many = {&rings[2]};
  double *elapsed = malloc(trips * sizeof(double)), before = now();
  for (uint32_t index = 0; index < trips; index++) {
    put(&out, index);
    int32_t *got;
    while (!(got = take(&in)));
    if (got[0] != (int32_t)index) return 2;
    release(&in);
    double at = now();
    elapsed[index] = at - before;
    before = at;
  }
  double started = now();
  for (uint32_t index = 0; index < count;) {
    uint32_t taken = 0;
    int32_t *got;
    for (; taken < batch && (got = take(&many)); taken++, index++)
      for (uint32_t word = 0; word < words; word++) if (got[word] != content(index, word)) return 3;
    if (taken) release(&many);
  }
  double took = now() - started;
  wait(NULL);
  qsort(elapsed, trips, sizeof(double), ascending);
  printf("{\"roundTripNsP50\":%.0f,\"roundTripNsP99\":%.0f,\"messagesPerSec\":%.0f}\n", elapsed[trips / 2],
         elapsed[(uint32_t)(trips * 0.99)], count / (took / 1e9));
  return 0;
}
