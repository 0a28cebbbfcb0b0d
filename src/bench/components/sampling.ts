import { Bench } from 'tinybench'
import { assert } from '../../core/assert.js'
import type { Clock } from '../../core/clock.js'
import { callsPerSampleMax, type PreparedCase } from '../../core/component-case.js'
import { type DurationNs, durationNs, type InstantNs, later, nsPerMs } from '../../core/units.js'

// How a function is timed, in a process that was started for it. A call that takes long against a look at the clock is timed
// alone, by tinybench, which keeps the samples. Of a faster one a sample is the mean of a batch of calls. What timing itself
// costs is measured in the same way with a function that does nothing, and taken off every sample (UP4).

/** A sample lasts at least this many times what a look at the clock costs. */
const clockCostsMin = 20
/** Batches kept of one slice: it ends early where it has as many. */
const batchesMax = 1 << 16
const overheadSamples = 1_001
const recentMax = 9
/** Calls before a slice that are not timed: until then another process had the caches. */
const settlingNs = durationNs(2 * nsPerMs)

/** How many calls one sample is the mean of. */
export function callsPerSampleFor(callNs: number, clockNs: number): number {
  const wantedNs = clockCostsMin * clockNs
  if (callNs * callsPerSampleMax <= wantedNs) return callsPerSampleMax
  return Math.ceil(wantedNs / callNs)
}

/** Calls the function for a while, so that it is compiled; returns what one call takes at the end, timing included. */
export async function warmUp(
  prepared: PreparedCase,
  spanNs: DurationNs,
  { clock, clockNs }: { readonly clock: Clock; readonly clockNs: number },
): Promise<number> {
  await meetManyFunctions(clock)
  const until = later(clock.now(), spanNs)
  const sample = new Float64Array(1)
  const recentNs: number[] = []
  let calls = 1
  do {
    await takeBatches(prepared, { calls, until, samples: sample, clock })
    recentNs.push((sample[0] ?? 0) / calls)
    if (recentNs.length > recentMax) recentNs.shift()
    calls = callsPerSampleFor(Math.min(...recentNs), clockNs)
  } while (clock.now() < until)
  // The least: a pause of the machine must not make a fast call look as slow as one that is timed alone.
  return Math.min(...recentNs)
}

/** What timing adds to a sample: the median for a function that does nothing. */
export async function overheadOf(
  { isAsync = false }: PreparedCase,
  callsPerSample: number,
  clock: Clock,
): Promise<number> {
  const nothing: PreparedCase = isAsync ? { call: async () => undefined, isAsync } : { call: () => undefined }
  if (callsPerSample === 1) {
    const samples = await singleCalls(nothing, { spanNs: durationNs(0), samplesMin: overheadSamples, clock })
    return median(samples)
  }
  const samples = new Float64Array(overheadSamples)
  const until = later(clock.now(), durationNs(Number.MAX_SAFE_INTEGER / 4))
  await takeBatches(nothing, { calls: callsPerSample, until, samples, clock })
  return median(samples)
}

type SliceOptions = {
  readonly spanNs: DurationNs
  readonly callsPerSample: number
  readonly overheadNs: number
  readonly clock: Clock
}

/** Samples of one slice of time in nanoseconds a call, without what timing costs; at least one. */
export async function takeSlice(prepared: PreparedCase, options: SliceOptions): Promise<Float64Array> {
  const { spanNs, callsPerSample, overheadNs, clock } = options
  await settle(prepared, options)
  const raw =
    callsPerSample === 1
      ? await singleCalls(prepared, { spanNs, samplesMin: 1, clock })
      : await batches(prepared, { spanNs, calls: callsPerSample, clock })
  return raw.map((sampleNs) => Math.max(0, sampleNs - overheadNs) / callsPerSample)
}

async function settle(prepared: PreparedCase, { callsPerSample, spanNs, clock }: SliceOptions): Promise<void> {
  const samples = new Float64Array(1)
  const until = later(clock.now(), durationNs(Math.min(settlingNs, spanNs / 10)))
  while (clock.now() < until) await takeBatches(prepared, { calls: callsPerSample, until, samples, clock })
}

/** One call a sample. */
async function singleCalls(
  { call, isAsync = false, restore }: PreparedCase,
  { spanNs, samplesMin, clock }: { readonly spanNs: DurationNs; readonly samplesMin: number; readonly clock: Clock },
): Promise<Float64Array> {
  const bench = new Bench({
    now: () => clock.now() / nsPerMs,
    time: spanNs / nsPerMs,
    iterations: samplesMin,
    warmup: false,
    retainSamples: true,
    throws: true,
  })
  bench.add('case', call, { async: isAsync, ...(restore !== undefined && { afterEach: () => restore() }) })
  const [task] = isAsync ? await bench.run() : bench.runSync()
  const result = task?.result
  assert(result !== undefined && 'latency' in result, 'a task that did not throw has a result')
  return Float64Array.from(result.latency.samples ?? [], (sampleMs) => sampleMs * nsPerMs)
}

async function batches(
  prepared: PreparedCase,
  { spanNs, calls, clock }: { readonly spanNs: DurationNs; readonly calls: number; readonly clock: Clock },
): Promise<Float64Array> {
  const samples = new Float64Array(batchesMax)
  const count = await takeBatches(prepared, { calls, until: later(clock.now(), spanNs), samples, clock })
  return samples.subarray(0, count)
}

type BatchOptions = {
  readonly calls: number
  readonly until: InstantNs
  readonly samples: Float64Array
  readonly clock: Clock
}

/** Times batches into `samples` until it is full or the time has come; returns how many, at least one. */
async function takeBatches(prepared: PreparedCase, options: BatchOptions): Promise<number> {
  return prepared.isAsync === true ? asyncBatches(prepared, options) : syncBatches(prepared, options)
}

/** Whoever could read it keeps the compiler from leaving out what a call returns. */
const kept: { value: unknown } = { value: null }

/** Hot path: between two looks at the clock nothing runs but the calls. */
function syncBatches({ call, restore }: PreparedCase, { calls, until, samples, clock }: BatchOptions): number {
  let count = 0
  for (;;) {
    const from = clock.now()
    for (let index = 0; index < calls; index += 1) kept.value = call()
    const to = clock.now()
    samples[count] = to - from
    count += 1
    if (restore !== undefined) restore()
    if (to >= until || count === samples.length) return count
  }
}

async function asyncBatches(
  { call, restore }: PreparedCase,
  { calls, until, samples, clock }: BatchOptions,
): Promise<number> {
  let count = 0
  for (;;) {
    const from = clock.now()
    for (let index = 0; index < calls; index += 1) kept.value = await call()
    const to = clock.now()
    samples[count] = to - from
    count += 1
    if (restore !== undefined) restore()
    if (to >= until || count === samples.length) return count
  }
}

/**
 * A call site that has met several functions is compiled as a plain call: nothing of the measured function is pulled into
 * the loop, where the compiler could see that its result is not used or is the same each time; and the function that does
 * nothing is called in exactly the same way.
 */
async function meetManyFunctions(clock: Clock): Promise<void> {
  const samples = new Float64Array(1)
  const functions = [() => 1, () => 'text', () => null, () => samples]
  for (const call of functions) {
    const options = { calls: 100, until: clock.now(), samples, clock }
    syncBatches({ call }, options)
    await asyncBatches({ call }, options)
  }
}

function median(samples: ArrayLike<number>): number {
  const sorted = Float64Array.from(samples).sort()
  return sorted[(sorted.length - 1) >> 1] ?? 0
}
