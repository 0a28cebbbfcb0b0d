import type { SystemStatus } from '../supervisor/spec.js'
import { sharesBetween, type Usage, UsageSampler } from '../supervisor/usage.js'
import type { EngineSnapshot } from './snapshot.js'

/** State and use of every process of a system, for the view: each call tells the use since the one before. */
export function engineSnapshots(statusOf: () => SystemStatus): () => readonly EngineSnapshot[] {
  const sampler = new UsageSampler()
  let before: readonly Usage[] = []
  return () => {
    const { processes } = statusOf()
    const targets = processes.flatMap(({ name, pid }) => (pid === null ? [] : [{ name, pid }]))
    const after = sampler.sample(targets)
    const shares = new Map(sharesBetween(before, after).map((share) => [share.name, share]))
    before = after
    return processes.map(({ name, state, pid }) => {
      const share = shares.get(name)
      return {
        name,
        state,
        pid,
        cpuShare: share?.cpuShare ?? 0,
        rssBytes: share?.rssBytes ?? 0,
        runQueueShare: share?.runQueueShare ?? 0,
      }
    })
  }
}
