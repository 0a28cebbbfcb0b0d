import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { NautilusError } from '../core/errors.js'
import { packageRoot } from '../core/paths.js'
import { type Comparison, comparison, comparisonSchemaId } from '../results/comparison.js'
import { type RunResult, runResult } from '../results/run-result.js'
import { type NextRun, runRounds } from './rounds.js'
import { runSet } from './run-set.js'

const pass = runResult.parse(JSON.parse(readFileSync(join(packageRoot(), 'fixtures/results/pass.json'), 'utf8')))
const invalid = runResult.parse(JSON.parse(readFileSync(join(packageRoot(), 'fixtures/results/invalid.json'), 'utf8')))

/** A run whose end-to-end p95 is as given. */
const runWith = (p95Ns: number): RunResult => ({
  ...pass,
  endToEnd: { ...pass.endToEnd, summary: { ...pass.endToEnd.summary, p95Ns } },
})

const side = { label: 'desk.yaml', profileName: 'desk', git: null, faults: {} }
const asked = (changes: Partial<Comparison> = {}): Comparison =>
  comparison.parse({
    ...{ schema: comparisonSchemaId, id: 'c-1', nautilusVersion: '0', startedAt: '', interrupted: null, kind: 'ab' },
    ...{ a: side, b: side, marginShare: 0.05, controls: [], seed: 7, machine: pass.machine },
    ...{ deciding: ['endToEnd.p95'], roundsMax: 20, rounds: [] },
    ...changes,
  })

type Measure = (run: NextRun, callCount: number) => RunResult

async function run(measure: Measure, changes: Partial<Comparison> = {}, stopping = new AbortController()) {
  const runs: NextRun[] = []
  let keptCount = 0
  const done = await runRounds(asked(changes), {
    stop: stopping.signal,
    nowIso: () => '2026-01-01T00:00:00Z',
    measure: async (next) => {
      runs.push(next)
      return measure(next, runs.length)
    },
    onRound: async () => {
      keptCount += 1
    },
  })
  return { done, runs, keptCount }
}

const alike = (): RunResult => runWith(1e6)
/** Deviates so much from round to round that no look decides. */
const wild: Measure = ({ side, index }) => runWith(side === 'a' ? 1e6 : index % 2 === 0 ? 3e6 : 0.4e6)

test('rounds go A B B A, with one seed in both runs and another in each round', async () => {
  const { runs } = await run(alike)
  expect(runs.map(({ side }) => side).join('')).toBe('abbaabbaab')
  const seeds = runs.map(({ seed }) => seed)
  expect(seeds[0]).toBe(seeds[1])
  expect(new Set(seeds).size).toBe(5)
  expect((await run(alike)).runs).toEqual(runs)
})

test.each([
  { name: 'the first look that decides', measure: alike, changes: {}, rounds: 5 },
  { name: 'the last look where none decides', measure: wild, changes: {}, rounds: 20 },
  { name: 'the most that was asked for', measure: wild, changes: { roundsMax: 7 }, rounds: 7 },
  { name: 'all of them where A meets itself', measure: alike, changes: { kind: 'aa', roundsMax: 10 }, rounds: 10 },
] as const)('rounds end with $name, each kept as soon as it is over', async ({ measure, changes, rounds }) => {
  const { done, keptCount } = await run(measure, changes)
  expect([done.rounds.length, keptCount, done.interrupted]).toEqual([rounds, rounds, null])
})

describe('a run without figures', () => {
  test('has its round repeated at the same place of A B B A, without the other run', async () => {
    const { done, runs } = await run((_, callCount) => (callCount === 3 ? invalid : alike()))
    expect(runs.map(({ side }) => side).join('')).toBe('ab' + 'b' + 'ba' + 'ab' + 'ba' + 'ab')
    expect(done.rounds[1]).toMatchObject({ order: 'BA', b: { cause: 'instrument' }, metrics: {} })
    expect(done.rounds[1]?.a.failure).toContain('was not measured')
    expect(runs.slice(1, 6).map(({ again }) => again)).toEqual(['', '', ' (again, 1 of 3)', ' (again, 1 of 3)', ''])
  })

  test('ends the comparison at the fourth', async () => {
    const { done, runs } = await run(() => invalid)
    expect([done.rounds.length, runs.length]).toEqual([4, 4])
  })

  test.each([
    { what: 'of an engine that died', interrupted: 'risk exited with code 1', cause: 'system' },
    { what: 'of a server that died', interrupted: 'service bus exited with 1', cause: 'environment' },
  ])('$what says whose failure that was', async ({ interrupted, cause }) => {
    const { done } = await run((_, callCount) => (callCount === 1 ? { ...pass, interrupted } : alike()))
    expect(done.rounds[0]?.a).toMatchObject({ failure: `ended early: ${interrupted}`, cause })
  })

  test('of a system that does not start is one of the system', async () => {
    const { done } = await run((_, callCount) => {
      if (callCount === 2) throw new NautilusError('ENGINE_FAILED', 'risk exited with code 2')
      return alike()
    })
    expect(done.rounds[0]?.b).toMatchObject({ failure: 'risk exited with code 2', cause: 'system' })
  })

  test('because the environment is unfit ends all, for the next would meet the same', async () => {
    const busy = new NautilusError('PORT_BUSY', 'port 80 is in use')
    const failing = run(() => {
      throw busy
    })
    await expect(failing).rejects.toBe(busy)
  })
})

test('a stop in the middle of a round keeps the whole rounds and says what stopped it', async () => {
  const stopping = new AbortController()
  const { done } = await run(
    (_, callCount) => {
      if (callCount < 6) return alike()
      stopping.abort('SIGINT')
      return { ...pass, interrupted: 'SIGINT' }
    },
    {},
    stopping,
  )
  expect([done.interrupted, done.rounds.length]).toEqual(['SIGINT', 3])
  expect(done.rounds[2]).toMatchObject({ b: { failure: 'ended early: SIGINT', cause: 'stopped' }, metrics: {} })
})

test('a metric of one side only makes no pair', async () => {
  const renamed = {
    ...alike(),
    components: pass.components.map((series) => ({ ...series, name: `new-${series.name}` })),
  }
  const { done } = await run(({ side }) => (side === 'a' ? alike() : renamed))
  const names = Object.keys(done.rounds[0]?.metrics ?? {})
  expect(names).toContain('endToEnd.p95')
  expect(names.filter((name) => name.startsWith('risk') || name.startsWith('new-'))).toEqual([])
})

describe('a set of runs', () => {
  const measureSet = async (runs: readonly RunResult[], stop = new AbortController().signal) => {
    const left = [...runs]
    const numbers: string[] = []
    const measured = await runSet({
      wantedCount: 3,
      stop,
      measure: async (number, again) => {
        numbers.push(`${number}${again}`)
        return left.shift() ?? pass
      },
    })
    return { numbers, count: measured.length }
  }

  test('measures an invalid one again', async () => {
    expect(await measureSet([pass, invalid])).toEqual({ numbers: ['1', '2', '2 (again, 1 of 2)', '3'], count: 4 })
  })

  test('gives up at the third invalid one', async () => {
    expect(await measureSet([invalid, invalid, invalid])).toEqual({
      numbers: ['1', '1 (again, 1 of 2)', '1 (again, 2 of 2)'],
      count: 3,
    })
  })

  test('ends with the first that broke off', async () => {
    expect(await measureSet([pass, { ...pass, interrupted: 'risk exited with code 1' }])).toEqual({
      numbers: ['1', '2'],
      count: 2,
    })
  })
})
