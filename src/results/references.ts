import { findComparison, type KeptComparison } from './comparisons.js'
import { findSet, type KeptSet } from './sets.js'
import { type KeptRun, resolveRun } from './store.js'

/** What a person may name: a run, a set of runs, or a comparison. */
export type Kept =
  | ({ readonly kind: 'run' } & KeptRun)
  | ({ readonly kind: 'set' } & KeptSet)
  | ({ readonly kind: 'comparison' } & KeptComparison)

/** Finds what is kept by an id or its beginning (`7f3c`, `s-12ab`, `c-3f2a`), `last`, `last~1`, or a path. */
export async function resolveKept(cwd: string, reference: string): Promise<Kept> {
  const kept = await findComparison(cwd, reference)
  if (kept !== null) return { kind: 'comparison', ...kept }
  const set = await findSet(cwd, reference)
  if (set !== null) return { kind: 'set', ...set }
  return { kind: 'run', ...(await resolveRun(cwd, reference)) }
}
