import type { Io } from '../core/io.js'
import type { Profile } from '../profile/load.js'
import type { RunResult } from '../results/run-result.js'
import type { OnInconclusive } from '../sla/verdict.js'
import type { Measure } from './measuring.js'

// `nautilus bench --runs N`: the same measurement on N fresh systems, judged together.

type SetAsked = {
  readonly wantedCount: number
  readonly profileName: string
  /** The same profile with another seed. */
  readonly withSeed: (seed: number) => Profile
  readonly profile: Profile
  readonly nextRun: () => Promise<Measure['asked']>
  readonly view: Measure['view']
  readonly onDrive: () => void
  readonly queue: boolean
  readonly json: boolean
  readonly inconclusive: OnInconclusive
}

export async function benchSet(io: Io, asked: SetAsked): Promise<number> {
  const { runSet } = await import('../bench/run-set.js')
  const { keepSet, renderSet } = await import('../report/set.js')
  const { historyBefore } = await import('../results/history.js')
  const { newSetId } = await import('../results/sets.js')
  const { judgeSet } = await import('../sla/set-verdict.js')
  const { whileAlone } = await import('./measuring.js')
  const { wantedCount, profile, view, inconclusive } = asked
  const id = newSetId(io.cwd)
  const alone = { profileName: profile.config.name, runId: id, queue: asked.queue, note: view.note }
  const results = await whileAlone(io, alone, () =>
    runSet({ wantedCount, stop: io.stop, measure: (...which) => measureNext(io, asked, which) }),
  )
  view.close()
  const [first] = results
  const set = {
    ...{ id, profileName: profile.config.name, wantedCount },
    interrupted: io.stop.aborted ? String(io.stop.reason) : null,
    startedAt: first?.startedAt ?? '',
    runIds: results.map((result) => result.id),
  }
  const history = first === undefined ? null : await historyBefore(io.cwd, first)
  const judged = judgeSet(results, set, { inconclusive, history })
  const { context, problem } = await keepSet(io.cwd, { set, results }, { judged, profile: asked.profileName })
  io.out(renderSet(asked.json ? 'json' : 'terminal', { set, results }, { judged, context, color: io.color }))
  if (problem !== null) throw problem
  return judged.verdict.exit
}

/** Measures one run and keeps it at once, with what it says by itself: so a set that is cut short has lost none. */
async function measureNext(io: Io, asked: SetAsked, [number, again]: readonly [number, string]): Promise<RunResult> {
  const { seedOf } = await import('../bench/rounds.js')
  const { judgeAndKeep } = await import('../report/keep.js')
  const { measureFresh } = await import('./measuring.js')
  const { wantedCount, view, onDrive, profile, profileName } = asked
  view.note(`run ${number} of ${wantedCount}${again}`)
  const next = await asked.nextRun()
  const seeded = number === 1 ? profile : asked.withSeed(seedOf(profile.config.load.seed, number - 1))
  const { result: found, services } = await measureFresh(io, { profile: seeded, asked: next, view, onDrive })
  const named = { secrets: profile.secrets, profile: profileName, services }
  const { result, problem } = await judgeAndKeep(io.cwd, found, named)
  if (problem !== null) throw problem
  return result
}
