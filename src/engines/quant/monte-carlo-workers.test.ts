import { execFile } from 'node:child_process'
import { setImmediate } from 'node:timers/promises'
import { promisify } from 'node:util'
import type { Worker } from 'node:worker_threads'
import { afterEach, expect, test } from 'vitest'
import { packageRoot } from '../../core/paths.js'
import { pathsPerBlock } from './block-returns.js'
import { MonteCarlo, type Portfolio } from './monte-carlo.js'
import { MonteCarloWorkers } from './monte-carlo-workers.js'

const seed = 20_261_120
const desk: Portfolio = {
  weights: Float64Array.of(0.7, 0.5, -0.4),
  driftsPerYear: Float64Array.of(0.05, 0.02, 0.08),
  volatilitiesPerYear: Float64Array.of(0.2, 0.3, 0.25),
  correlation: Float64Array.of(1, 0.6, -0.3, 0.6, 1, 0.2, -0.3, 0.2, 1),
  horizonYears: 0.5,
}
const shared = (count: number): Float64Array => new Float64Array(new SharedArrayBuffer(8 * count))
const deadline = (): AbortSignal => AbortSignal.timeout(20_000)

const opened: MonteCarloWorkers[] = []
const workersOf = (threadsMax?: number): MonteCarloWorkers => {
  const workers = new MonteCarloWorkers(threadsMax)
  opened.push(workers)
  return workers
}
afterEach(async () => {
  for (const workers of opened.splice(0)) await workers.end()
})

test.each([1, 2, 3])('%d threads give the paths of one call, also from a later block on', async (threads) => {
  const workers = workersOf(threads)
  for (const { count, firstBlock } of [
    { count: 100_000, firstBlock: 0 },
    { count: 90_001, firstBlock: 5 },
  ]) {
    const [out, expected] = [shared(count), new Float64Array(count)]
    const by = await workers.simulate({ portfolio: desk, seed, out, firstBlock }, deadline())
    const alone = new MonteCarlo(desk, seed)
    alone.simulate(expected, firstBlock)
    expect(by).toEqual({ backend: alone.backend, threads })
    expect(out.every((value, path) => value === expected[path])).toBe(true)
  }
})

test('another portfolio and another seed are not taken for the last ones', async () => {
  const workers = workersOf(2)
  const [first, second, third] = [shared(50_000), shared(50_000), shared(50_000)]
  await workers.simulate({ portfolio: desk, seed, out: first }, deadline())
  await workers.simulate({ portfolio: { ...desk, horizonYears: 2 }, seed, out: second }, deadline())
  await workers.simulate({ portfolio: desk, seed: seed + 1, out: third }, deadline())
  expect(second[0]).not.toBe(first[0])
  expect(third[0]).not.toBe(first[0])
})

test('little work is done on the own thread, in any memory', async () => {
  const out = new Float64Array(pathsPerBlock)
  expect(await workersOf().simulate({ portfolio: desk, seed, out }, deadline())).toMatchObject({ threads: 0 })
  const expected = new Float64Array(pathsPerBlock)
  new MonteCarlo(desk, seed).simulate(expected)
  expect(out).toEqual(expected)
})

test('a simulation that is given up ends with the reason, writes no more, and leaves the threads to the next one', async () => {
  const workers = workersOf(2)
  const out = shared(2_000_000)
  const given = new AbortController()
  const simulated = workers.simulate({ portfolio: desk, seed, out }, given.signal)
  given.abort(new Error('the market has closed'))
  await expect(simulated).rejects.toThrow('the market has closed')
  const left = out.slice()
  expect(left.at(-1)).toBe(0)
  const next = shared(100_000)
  await workers.simulate({ portfolio: desk, seed, out: next }, deadline())
  expect(next.at(-1)).not.toBe(0)
  expect(out.every((value, path) => value === left[path])).toBe(true)
  await expect(workers.simulate({ portfolio: desk, seed, out: next }, AbortSignal.abort())).rejects.toThrow('abort')
})

test('what is wrong with a portfolio is told as on one thread', async () => {
  const correlation = Float64Array.of(1, 0.9, -0.9, 0.9, 1, 0.9, -0.9, 0.9, 1)
  const out = shared(100_000)
  const simulated = workersOf(2).simulate({ portfolio: { ...desk, correlation }, seed, out }, deadline())
  await expect(simulated).rejects.toMatchObject({ code: 'SOURCE_INVALID', hint: expect.stringContaining('same') })
})

test('a thread that dies fails the simulation that it works for, and is replaced for the next one', async () => {
  const started: Worker[] = []
  const onWorker = (worker: Worker): void => void started.push(worker)
  process.on('worker', onWorker)
  try {
    const workers = workersOf(2)
    const simulated = workers.simulate({ portfolio: desk, seed, out: shared(4_000_000) }, deadline())
    const failed = expect(simulated).rejects.toThrow('a thread of the simulation ended early')
    // The process hears of a thread one turn after its start.
    await setImmediate()
    await Promise.all([failed, started[0]?.terminate()])
    const [out, expected] = [shared(100_000), new Float64Array(100_000)]
    expect(await workers.simulate({ portfolio: desk, seed, out }, deadline())).toMatchObject({ threads: 2 })
    new MonteCarlo(desk, seed).simulate(expected)
    expect(out.every((value, path) => value === expected[path])).toBe(true)
    expect(started).toHaveLength(3)
  } finally {
    process.off('worker', onWorker)
  }
})

test('threads that are ended while they compute reject the simulation, and the next one', async () => {
  const workers = workersOf(2)
  const task = { portfolio: desk, seed, out: shared(2_000_000) }
  const simulated = workers.simulate(task, deadline())
  await Promise.all([expect(simulated).rejects.toThrow('were ended'), workers.end()])
  await expect(workers.simulate(task, deadline())).rejects.toThrow('were ended')
})

test('idle threads do not keep a process', async () => {
  const script = `import('./dist/engines/quant/monte-carlo-workers.js').then(async ({ MonteCarloWorkers }) => {
    const one = Float64Array.of(1)
    const portfolio = { weights: one, driftsPerYear: one, volatilitiesPerYear: one, correlation: one, horizonYears: 1 }
    const out = new Float64Array(new SharedArrayBuffer(800_000))
    const by = await new MonteCarloWorkers(2).simulate({ portfolio, seed: 1, out }, AbortSignal.timeout(20_000))
    console.log(by.threads, out.at(-1) !== 0)
  })`
  const run = promisify(execFile)
  const { stdout } = await run(process.execPath, ['-e', script], { cwd: packageRoot(), timeout: 25_000 })
  expect(stdout.trim()).toBe('2 true')
})
