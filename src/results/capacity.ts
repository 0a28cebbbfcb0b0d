import { readdir, stat } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { NautilusError } from '../core/errors.js'
import { readChecked } from './checked-file.js'
import { type Bounds, newRunId, type Pruned, pruneOldest, writeRunFiles } from './store.js'

// What a search for the highest rate has found: each rate that was tried with what it said, and the bracket in which the limit
// lies. Kept in `<cwd>/.nautilus/capacities/<id>/`; the full-length run at the rate that was found is kept as every run is.

export const capacitySchemaId = 'nautilus.capacity/1'

const count = z.int().min(0)
const ns = z.number().min(0)
const rate = z.number().min(0)

/** `undecided`: the data cannot tell. `instrument`: the generator could not hold the rate, which says nothing of the system. */
const rungAnswers = ['holds', 'breaks', 'undecided', 'instrument'] as const

const brokenLimit = z.strictObject({
  check: z.string().describe('Such as `risk.p95`, `endToEnd.p95`, `errors.rate`.'),
  component: z.string(),
  observed: z.number().nullable().describe('Nanoseconds of a latency, a share of errors, a count.'),
  limit: z.number(),
  kind: z.enum(['latency', 'metric', 'window', 'store']),
})

const rung = z.strictObject({
  purpose: z.enum(['rung', 'confirmation']),
  ratePerSec: rate,
  achievedRatePerSec: rate,
  durationNs: ns,
  answer: z.enum(rungAnswers),
  p50Ns: ns,
  p95Ns: ns,
  p99Ns: ns,
  count,
  unanswered: count.describe('Failed, timed out, dropped or lost.'),
  broken: brokenLimit
    .nullable()
    .describe(
      'What exceeds its limit: a component before the whole, the worst first; where nothing does, what is undecided.',
    ),
  mostOf: z
    .strictObject({ stage: z.string(), kind: z.enum(['queue', 'processing', 'transit']), share: z.number() })
    .nullable()
    .describe('The part that took most of the slow requests (p95 to p99).'),
  reasons: z.array(z.string()),
})

const probe = z.strictObject({
  tool: z.enum(['nautilus', 'autocannon']),
  connections: count,
  durationNs: ns,
  completedPerSec: rate.nullable().describe('Null where it could not be run; `problem` says why.'),
  problem: z.string().nullable(),
})

export const capacity = z.strictObject({
  schema: z.literal(capacitySchemaId),
  id: z.string(),
  nautilusVersion: z.string(),
  profileName: z.string(),
  startedAt: z.string(),
  interrupted: z.string().nullable(),
  unit: z.string(),
  target: z.string().nullable(),
  precision: z.number().describe('The search ends when the bracket is not wider than this share.'),
  probes: z.array(probe).describe('Closed loops, which tell throughput only: where to look, never what holds.'),
  rungs: z.array(rung),
  status: z
    .enum(['found', 'unconfirmed', 'none', 'generator', 'unbounded', 'unrecovered', 'interrupted'])
    .describe(
      '`found`: confirmed at full length. `unconfirmed`: the full-length runs did not pass. `none`: no rate holds. `generator`: it gave out before the system. `unbounded`: the highest rate that may be asked holds. `unrecovered`: the system did not come back after a rate that was too high.',
    ),
  holdsPerSec: rate.nullable().describe('Highest rate that held.'),
  breaksPerSec: rate.nullable().describe('Lowest rate above it that did not.'),
  confirmed: z.boolean().describe('Whether a full-length run at `holdsPerSec` passed.'),
  runId: z.string().nullable().describe('The kept full-length run.'),
})
export type Capacity = z.output<typeof capacity>
export type Rung = Capacity['rungs'][number]
export type RungAnswer = Rung['answer']
export type Probe = Capacity['probes'][number]

const capacityFileName = 'capacity.json'
const idPrefix = 'm-'

const capacitiesFolder = (cwd: string): string => join(cwd, '.nautilus', 'capacities')

export const capacityFolder = (cwd: string, id: string): string => join(capacitiesFolder(cwd), id)

export const newCapacityId = (cwd: string): string => newRunId(capacitiesFolder(cwd), idPrefix)

/** Removes the oldest searches beyond the bounds, with the logs of what they measured. */
export const pruneCapacities = (cwd: string, bounds: Bounds): Promise<Pruned> =>
  pruneOldest(capacitiesFolder(cwd), bounds)

export async function writeCapacity(cwd: string, found: Capacity): Promise<void> {
  await writeRunFiles(capacityFolder(cwd, found.id), { [capacityFileName]: `${JSON.stringify(found)}\n` })
}

export type KeptCapacity = { readonly folder: string; readonly capacity: Capacity }

/** The search that a reference names: an id or its beginning, its folder or its file. Null where it names none. */
export async function findCapacity(cwd: string, reference: string): Promise<KeptCapacity | null> {
  if (!reference.startsWith(idPrefix)) {
    const path = resolve(cwd, reference)
    const folder = path.endsWith(`/${capacityFileName}`) ? resolve(path, '..') : path
    const found = await stat(join(folder, capacityFileName)).catch(() => null)
    return found === null ? null : readCapacity(folder)
  }
  const ids = (await readdir(capacitiesFolder(cwd)).catch(() => [])).filter((id) => id.startsWith(reference)).toSorted()
  const id = ids.find((each) => each === reference) ?? (ids.length === 1 ? ids[0] : undefined)
  if (id !== undefined) return readCapacity(capacityFolder(cwd, id))
  const what = ids.length === 0 ? 'names no search' : `is the beginning of ${ids.join(', ')}`
  throw new NautilusError('RUN_NOT_FOUND', `"${reference}" ${what} in ${capacitiesFolder(cwd)}`, {
    hint:
      ids.length === 0 ? 'Searches are made by `nautilus bench --find-max-rate`.' : 'Add a digit, so that one remains.',
  })
}

const readCapacity = async (folder: string): Promise<KeptCapacity> => ({
  folder,
  capacity: await readChecked(join(folder, capacityFileName), capacity),
})
