import { createHash } from 'node:crypto'
import { appendFile, mkdir, readdir, readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { z } from 'zod'
import { messageOf, NautilusError } from '../core/errors.js'
import { machineClassOf } from './machine.js'
import { metricsOf } from './metrics.js'
import { followedQuantiles, quantileEstimate, withinError } from './quantile-estimate.js'
import type { RunResult } from './run-result.js'
import { isOutOfSpace, writeWhole } from './store.js'

// What is kept of earlier runs when their folders are gone: the followed figures, one line a run, in
// `<cwd>/.nautilus/history/<profile>/<machine class>.ndjson`. Only lines of the same load, limits, engines, bus
// and services are compared with a run. A line that was cut off by a crash is passed over; the file holds the newest
// `entriesMax` runs, or a few more.

const entriesMax = 500
/** The file is rewritten only when it has so many too many: an append is cheaper. */
const entriesSlack = 50

export const historyLine = z.strictObject({
  schema: z.literal('nautilus.history/1'),
  id: z.string(),
  startedAt: z.string(),
  profileName: z.string(),
  fingerprint: z.string().describe('Of load, limits, engines, bus and services as written, without the seed.'),
  commit: z.string().nullable(),
  metrics: z.record(z.string(), z.number()),
  withinError: z
    .record(z.string(), z.number())
    .describe('Standard error of the logarithm of a latency within the run.'),
  fidelity: z.enum(['valid', 'degraded']),
})

/** The followed figures of one earlier run, by the names of results/metrics.ts. */
export type HistoryEntry = z.output<typeof historyLine>

/** Earlier whole runs of one profile with one load on one class of machine, oldest first. */
export type ProfileHistory = {
  readonly profileName: string
  readonly machineClass: string
  readonly entries: readonly HistoryEntry[]
}

/** What a history keeps of a run; null for one that is no measure of its profile: cut, invalid, profiled, or with faults on purpose. */
export function historyEntry(result: RunResult): HistoryEntry | null {
  const { id, startedAt, profileName, git, fidelity } = result
  const spoilt = Object.keys(result.faults).length > 0 || result.cpuProfiles.length > 0
  if (result.interrupted !== null || fidelity.status === 'invalid' || spoilt) return null
  const metrics = Object.entries(metricsOf(result)).map(([name, { value }]) => [name, value] as const)
  const series = [{ ...result.endToEnd, name: 'endToEnd' }, ...result.components]
  const errors = series
    .filter(({ summary }) => summary.count > 0)
    .flatMap((one) =>
      followedQuantiles.map((name) => [`${one.name}.${name}`, withinError(quantileEstimate(one, name))] as const),
    )
  const followed = new Set(metrics.map(([name]) => name))
  return {
    schema: 'nautilus.history/1',
    id,
    startedAt,
    profileName,
    fingerprint: fingerprintOf(result),
    commit: git?.commit ?? null,
    metrics: Object.fromEntries(metrics),
    withinError: Object.fromEntries(errors.filter(([name]) => followed.has(name))),
    fidelity: fidelity.status,
  }
}

/** Adds a run that was kept; one that is no measure of its profile is passed over. */
export async function appendHistory(cwd: string, result: RunResult): Promise<void> {
  const kept = historyEntry(result)
  if (kept === null) return
  const file = historyFile(cwd, result.profileName, machineClassOf(result.machine))
  try {
    await append(file, JSON.stringify(kept))
  } catch (cause) {
    if (!isOutOfSpace(cause)) throw cause
    throw new NautilusError('DISK_FULL', `no space to write ${file}; the run itself was kept`, { cause })
  }
}

async function append(file: string, line: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true })
  const { lines, whole } = await linesOf(file)
  if (lines.length >= entriesMax + entriesSlack) {
    return writeWhole(file, `${[...lines.slice(1 - entriesMax), line].join('\n')}\n`)
  }
  // A torn last line ends here, so that it spoils no more than itself.
  await appendFile(file, `${whole ? '' : '\n'}${line}\n`)
}

/** What was measured before a run with the same system, load and limits on its class of machine. */
export const historyBefore = (cwd: string, run: KnownRun): Promise<ProfileHistory> => historiesIn(cwd)(run)

/** What names a run among others before it has ended. */
type KnownRun = Pick<RunResult, 'id' | 'startedAt' | 'profileName' | 'machine' | 'profile'> & {
  readonly fidelity: Pick<RunResult['fidelity'], 'keptAwake'>
}

/** The same for many runs: each file is read once. */
export function historiesIn(cwd: string): (run: KnownRun) => Promise<ProfileHistory> {
  const read = new Map<string, Promise<ProfileHistory>>()
  return async (result) => {
    const { profileName, startedAt, id } = result
    const place = { profileName, machineClass: machineClassOf(result.machine) }
    const file = historyFile(cwd, place.profileName, place.machineClass)
    const reading = read.get(file) ?? readHistory(cwd, place)
    read.set(file, reading)
    const fingerprint = fingerprintOf(result)
    const all = await reading
    const isEarlier = (one: HistoryEntry) =>
      one.fingerprint === fingerprint && one.id !== id && one.startedAt < startedAt
    return { ...all, entries: all.entries.filter(isEarlier) }
  }
}

/** Every line of one file, oldest first, whatever its load. */
export async function readHistory(
  cwd: string,
  { profileName, machineClass }: { readonly profileName: string; readonly machineClass: string },
): Promise<ProfileHistory> {
  const { lines } = await linesOf(historyFile(cwd, profileName, machineClass))
  const entries = lines.flatMap((line) => entryOf(line) ?? [])
  return { profileName, machineClass, entries: entries.toSorted((a, b) => a.startedAt.localeCompare(b.startedAt)) }
}

/** Classes of machines on which a profile was measured here. */
export async function machineClassesOf(cwd: string, profileName: string): Promise<string[]> {
  const files = await readdir(dirname(historyFile(cwd, profileName, ''))).catch(() => [])
  return files.flatMap((file) => (file.endsWith('.ndjson') ? [file.slice(0, -'.ndjson'.length)] : [])).toSorted()
}

/**
 * A short name of what was measured: two runs with the same one differ by chance only. The seed stays out: the load
 * of another seed is another draw of the same.
 */
export function fingerprintOf({ profile, fidelity }: Pick<KnownRun, 'profile' | 'fidelity'>): string {
  const { seed: _, ...load } = isRecord(profile['load']) ? profile['load'] : {}
  // Kept awake, cores answer sooner: such runs are compared with each other only.
  const awake = fidelity.keptAwake ? { keptAwake: true } : {}
  const part = (name: string): unknown => profile[name] ?? null
  const system = { engines: part('engines'), bus: part('bus'), services: part('services') }
  const followed = { load, sla: part('sla'), ...system, ...awake }
  const text = JSON.stringify(sorted(followed))
  return createHash('sha256').update(text).digest('hex').slice(0, 12)
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The order of keys is that of the writer, and means nothing. */
function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (!isRecord(value)) return value
  const entries = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1))
  return Object.fromEntries(entries.map(([key, item]) => [key, sorted(item)]))
}

const historyFile = (cwd: string, profileName: string, machineClass: string): string =>
  join(cwd, '.nautilus', 'history', encodeURIComponent(profileName), `${machineClass}.ndjson`)

async function linesOf(file: string): Promise<{ readonly lines: readonly string[]; readonly whole: boolean }> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return { lines: [], whole: true }
    throw new NautilusError('RESULT_INVALID', `${file} cannot be read: ${messageOf(cause)}`, { cause })
  }
  return { lines: text.split('\n').filter((line) => line !== ''), whole: text === '' || text.endsWith('\n') }
}

function entryOf(line: string): HistoryEntry | null {
  let json: unknown
  try {
    json = JSON.parse(line)
  } catch {
    // Cut off by a crash: the other lines stand.
    return null
  }
  return historyLine.safeParse(json).data ?? null
}
