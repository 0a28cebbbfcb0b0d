import { z } from 'zod'

// The one contract in the middle: bench writes it, sla, report, ui and tune read it, nothing else passes between them.
// Durations are nanoseconds, instants of the window are nanoseconds since its start. A change of meaning raises `schema`;
// what was added later has a default, so that older files are still read.

export const runResultSchemaId = 'nautilus.run-result/2'

/** Length of the intervals of a series. */
export const intervalNs = 250_000_000

const count = z.int().min(0)
const ns = z.number().min(0)

const summary = z.strictObject({
  count,
  minNs: ns,
  meanNs: ns,
  p50Ns: ns,
  p90Ns: ns,
  p95Ns: ns,
  p99Ns: ns,
  p999Ns: ns,
  maxNs: ns,
})

/** Exact number of samples above one limit. */
const exceedance = z.strictObject({ limitNs: ns, count })

const interval = z.strictObject({
  startNs: ns,
  count,
  /** Samples above each limit, in the order of `over` of the series. */
  over: z.array(count),
  aboveQuantiles: z
    .array(count)
    .default([])
    .describe(
      'Samples above the p50, p95, p99 and p99.9 of the whole series: how the tail clusters. Empty in older files.',
    ),
  unanswered: count
    .default(0)
    .describe('Of `count`: failed, timed out, dropped or lost. Of the end-to-end series only.'),
  p50Ns: ns,
  p95Ns: ns,
  p99Ns: ns,
  maxNs: ns,
})

export const series = z.strictObject({
  name: z.string(),
  summary,
  over: z.array(exceedance),
  intervals: z.array(interval).describe('One entry per 250 ms of the window, by intended time.'),
  histogram: z
    .array(z.tuple([z.int().min(0), z.int().min(1)]))
    .describe('Non-empty buckets as [bucket index, count]; the layout is that of stats/histogram.ts.'),
})

const outcomeCounts = {
  completed: count.default(0).describe('Answers of a plain target, in place of traded, noTrade and rejected.'),
  traded: count,
  noTrade: count,
  rejected: count,
  failed: count,
  timedOut: count,
  dropped: count,
  lost: count,
}

export const accounting = z.strictObject({
  planned: count,
  sent: count,
  ...outcomeCounts,
  duplicates: count.describe('Outcomes after the first of the same tick.'),
  late: count.describe('Answers after the timeout or the drain deadline; the tick stays timed out or lost.'),
  reasons: z.record(z.string(), count).describe('Rejections, failures and no-trade decisions by reason.'),
})

const attribution = z.strictObject({
  fromNs: ns,
  toNs: ns,
  count: count.describe(
    'Ticks of the SLA distribution whose response time lies in the p95..p99 band and which carry stamps.',
  ),
  parts: z.array(
    z.strictObject({
      stage: z.string().describe('Engine name, `driver`, or `a->b` for an edge.'),
      kind: z.enum(['queue', 'processing', 'transit']),
      meanNs: z.number(),
      share: z.number().describe('Of the mean response time of the band; all parts sum to 1.'),
    }),
  ),
  components: z.array(z.strictObject({ name: z.string(), meanNs: z.number(), share: z.number() })),
})

/** What one process did in an interval of the window. */
const activityInterval = z.strictObject({
  startNs: ns,
  cpuNs: ns,
  runQueueNs: ns.describe('Runnable but without a core.'),
  gcNs: ns.nullable().describe('Null where nobody tells, as of a command of the user.'),
  eventLoopDelayNsMax: ns.nullable(),
})

const activity = z.strictObject({
  process: z.string().describe('An engine instance such as `risk` or `risk-1`, `sender`, `collector`, or `worker-0`.'),
  intervals: z.array(activityInterval),
})

const slowRequest = z.strictObject({
  seq: count,
  intendedNs: ns.describe('Since the start of the window.'),
  responseNs: ns,
  ending: z.string(),
  parts: z
    .array(z.strictObject({ stage: z.string(), kind: z.enum(['queue', 'processing', 'transit']), ns: z.number() }))
    .describe('In the order of the way; they sum to `responseNs`. Empty where nothing came back.'),
})

const phase = z.strictObject({
  name: z.string(),
  startNs: ns,
  endNs: ns,
  targetRatePerSec: z.number().nullable().describe('Null for a closed loop and for recorded arrivals.'),
})

/** A benchmarked function: its samples are the series of the same name in `components`. */
const componentCase = z.strictObject({
  name: z.string().describe('Such as `risk.check`, or `risk.check.cached` for a variant.'),
  of: z
    .string()
    .default('')
    .describe('The case that it is a variant of, such as `risk.check`; its own name without variants.'),
  callsPerSample: count.describe('Calls that one sample is the mean of: above 1 for what is faster than the clock.'),
  callCount: count,
  roundCount: count.describe('Interleaved rounds over which the samples were taken: the intervals of its series.'),
  roundsPerProcess: count.default(0).describe('Rounds taken in one process before the next fresh one.'),
  overheadNs: ns.default(0).describe('What timing costs a call; already taken off the samples.'),
})

const fidelity = z.strictObject({
  status: z.enum(['valid', 'degraded', 'invalid']),
  reasons: z.array(z.string()),
  lateness: summary,
  pacing: z.string().describe('How the sender waits, such as `atomics-wait` or `spin`.'),
  plannedCount: count,
  sentCount: count,
  negativeDifferences: count.describe('Stamp differences below zero, between processes or within the generator.'),
  serverOverruns: count
    .default(0)
    .describe('Answers whose Server-Timing tells of more time than was waited for them: the word of a server alone.'),
  sumMismatches: count.describe('Samples whose parts did not sum to the response time; any makes the run invalid.'),
  clockReadNs: ns,
  generatorRunQueueShare: z.number(),
  generatorEventLoopDelayNsP99: ns,
  generatorGcNs: ns,
  throttledNs: ns.nullable().describe('Time throttled by the cgroup during the window; null where not readable.'),
  trendShare: z
    .number()
    .nullable()
    .describe('Change of the p95 from the first to the last third of the window, as a share.'),
  noiseFloor: z
    .strictObject({ count, p50Ns: ns, p95Ns: ns, p99Ns: ns, maxNs: ns, target: z.string() })
    .nullable()
    .default(null)
    .describe('Response times of the same driver against the built-in null server; null where it was not calibrated.'),
  keptAwake: z.boolean().default(false).describe('Whether idle cores were kept from sleeping.'),
  idleState: z.string().nullable().default(null).describe('How idle cores sleep, in words; null where not readable.'),
  libraryPath: z
    .string()
    .nullable()
    .default(null)
    .describe('The library that carried the requests where the own fast path could not, and why.'),
})

const engineResult = z.strictObject({
  name: z.string(),
  instance: count,
  cpuNs: ns.nullable(),
  rssBytesMax: ns.nullable(),
  runQueueNs: ns.nullable(),
  restartCount: count,
  recoveryNsMax: ns
    .nullable()
    .default(null)
    .describe('Longest time from an end by itself until it was ready again; null where it did not end and come back.'),
  readyShare: z
    .number()
    .min(0)
    .max(1)
    .nullable()
    .default(null)
    .describe(
      'Of the run, warm-up and drain included, in which it was ready; null where nobody watched it, and in older files.',
    ),
  processing: z
    .strictObject({ count, meanNs: ns, p95Ns: ns })
    .nullable()
    .default(null)
    .describe(
      'From the start of the work on an input to the hand-over of what was made of it, by its own word, warm-up included; null where it does not tell, and in older files.',
    ),
  counters: z.record(z.string(), z.number()),
})

const serviceResult = z.strictObject({
  name: z.string(),
  kind: z.enum(['redis', 'postgres']),
  version: z.string(),
  origin: z.enum(['url', 'npm', 'path', 'cache', 'container']),
})

/** What one bus carried over the window, by the count of its server. */
const busLoad = z.strictObject({
  name: z.string().describe('The service that is the bus.'),
  elapsedNs: ns.describe('Between the two readings.'),
  messages: count.describe('Entries written to streams, lists and channels; a batch is one.'),
  bytesIn: count.describe('Bytes that the server read, commands included.'),
  bytesOut: count,
  cpuNs: ns.describe('Of the server.'),
  transport: z.enum(['unix', 'tcp']),
  notSettable: z.array(z.string()).describe('Connection options that the client has no way to set.'),
})

const busUsed = z.strictObject({
  kind: z.enum(['in-process', 'redis', 'shared-memory']),
  wait: z
    .enum(['spin', 'yield', 'block'])
    .nullable()
    .describe('How an engine waits for input in shared memory; null for another bus.'),
  problem: z.string().nullable().describe('Why it is another one than the profile asks for.'),
})

const storeCheck = z.strictObject({
  agrees: z.boolean(),
  orders: z.strictObject({
    driver: count,
    store: count,
    unreported: count.describe(
      'Orders in the store that nobody reported on; at most as many as ticks without an answer.',
    ),
  }),
  reports: z.strictObject({ driver: count, store: count }),
  positions: z
    .strictObject({ driver: count, store: count, mismatches: count })
    .describe('Non-zero (account, symbol) positions.'),
  overflowed: count,
  failed: count,
  problem: z.string().nullable(),
})

export const machine = z.strictObject({
  hostnameHash: z.string().describe('First 8 hex digits of a hash: enough to tell machines apart, not to name one.'),
  cpuModel: z.string(),
  coresUsable: count,
  memoryBytes: ns,
  kernel: z.string(),
  node: z.string(),
  platform: z.string(),
  governor: z.string().nullable(),
  cgroupCpuMax: z.string().nullable(),
  loadAverage1m: z.number(),
  pressureCpuSome10: z.number().nullable(),
  stealShare: z.number().nullable(),
})

/** What may be driven: the two shipped systems, a plain target by its protocol, or a function. */
const scenarios = [
  'pipeline',
  'orders',
  'http',
  'websocket',
  'redis',
  'postgres',
  'bus',
  'fan-out',
  'function',
  'component',
] as const

export const runResult = z.strictObject({
  schema: z.literal(runResultSchemaId),
  id: z.string(),
  nautilusVersion: z.string(),
  profileName: z.string(),
  quickCommand: z
    .string()
    .nullable()
    .default(null)
    .describe('The command of a load without a profile, such as `nautilus load http://127.0.0.1:3000/`.'),
  startedAt: z.string().describe('Wall-clock time, ISO 8601.'),
  interrupted: z
    .string()
    .nullable()
    .describe('Why the run ended before its time: a signal, an engine, a service; null for a whole run.'),
  git: z.strictObject({ commit: z.string(), dirty: z.boolean() }).nullable(),
  profile: z.record(z.string(), z.unknown()).describe('The resolved profile with secrets masked, as plain JSON.'),
  faults: z.record(z.string(), z.array(z.string())).describe('Faults injected on purpose, by engine.'),
  load: z.strictObject({
    scenario: z.enum(scenarios),
    unit: z.string().describe('What one request is called: `ticks`, `orders`, `requests`, `calls`.'),
    loop: z.enum(['open', 'closed']).default('open').describe('A closed loop waits for answers: throughput only.'),
    target: z.string().nullable().default(null).describe('What a plain target is, such as its URL without secrets.'),
    connections: count.nullable().default(null),
    workers: count.default(1).describe('Threads that slice the one schedule.'),
    arrivals: z.string().describe('In words, such as `poisson 1,000/s`.'),
    source: z.string(),
    seed: z.int(),
    targetRatePerSec: z.number(),
    achievedRatePerSec: z.number().describe('Ticks with an outcome per second, counted by intended time.'),
    warmupNs: ns,
    durationNs: ns.describe('Measured window; shorter than planned where the source ended or the run was interrupted.'),
    timeoutNs: ns,
    drainNs: ns,
  }),
  accounting,
  endToEnd: series.describe(
    'The SLA distribution: traded, failed, timed out, dropped and lost; the last four at least at the timeout.',
  ),
  service: series
    .nullable()
    .default(null)
    .describe('From the send instead of the intended instant: what a tool that waits would have reported.'),
  noTrade: series,
  rejected: series,
  components: z.array(series).describe('One per budget group, in the order of the profile.'),
  stages: z.array(series).describe('Queue + processing of each engine and of the driver, and each edge.'),
  attribution: attribution.nullable(),
  phases: z.array(phase).default([]).describe('Parts of the window with a rate of their own; empty for one rate.'),
  cases: z.array(componentCase).default([]).describe('Component benchmarks of this run.'),
  slowest: z.array(slowRequest).default([]).describe('The slowest measured requests, slowest first, at most 20.'),
  activity: z.array(activity).default([]).describe('What each process did, by interval of the window.'),
  cpuProfiles: z
    .array(z.strictObject({ process: z.string(), file: z.string().describe('Relative to the folder of the run.') }))
    .default([]),
  decided: z
    .strictObject({ kind: z.enum(['early', 'extended']), reason: z.string(), changedNs: ns })
    .nullable()
    .default(null)
    .describe('Where the window was cut or extended because of the verdict: by how much.'),
  limitPlaces: z
    .array(z.strictObject({ path: z.string(), file: z.string(), line: count, column: count }))
    .default([])
    .describe('Where each value below `sla` and `components` was written, by the path that checks name.'),
  fidelity,
  engines: z.array(engineResult),
  services: z.array(serviceResult),
  bus: busUsed.nullable().default(null).describe('What carried the messages of engines; null in older files.'),
  buses: z.array(busLoad).default([]).describe('Load of each bus; empty without a server, and in older files.'),
  store: storeCheck.nullable(),
  machine,
})

export type RunResult = z.output<typeof runResult>
/** As it is written: what has a default may be left out. */
export type RunResultInput = z.input<typeof runResult>
export type Series = z.output<typeof series>
export type Accounting = z.output<typeof accounting>
export type Attribution = z.output<typeof attribution>
export type StoreCheck = z.output<typeof storeCheck>
export type Machine = z.output<typeof machine>
export type EngineResult = z.output<typeof engineResult>
export type SlowRequest = RunResult['slowest'][number]
export type Activity = RunResult['activity'][number]
