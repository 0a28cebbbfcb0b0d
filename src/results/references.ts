import { findCapacity, type KeptCapacity } from './capacity.js'
import { findComparison, type KeptComparison } from './comparisons.js'
import { findSet, type KeptSet } from './sets.js'
import { type KeptRun, resolveRun } from './store.js'

/** What a person may name: a run, a set of runs, a comparison, or a search for the highest rate. */
export type Kept =
  | ({ readonly kind: 'run' } & KeptRun)
  | ({ readonly kind: 'set' } & KeptSet)
  | ({ readonly kind: 'comparison' } & KeptComparison)
  | ({ readonly kind: 'capacity' } & KeptCapacity)

/** Finds what is kept by an id or its beginning (`7f3c`, `s-12ab`, `c-3f2a`, `m-7610`), `last`, `last~1`, or a path. */
export async function resolveKept(cwd: string, reference: string): Promise<Kept> {
  const kept = await findComparison(cwd, reference)
  if (kept !== null) return { kind: 'comparison', ...kept }
  const search = await findCapacity(cwd, reference)
  if (search !== null) return { kind: 'capacity', ...search }
  const set = await findSet(cwd, reference)
  if (set !== null) return { kind: 'set', ...set }
  return { kind: 'run', ...(await resolveRun(cwd, reference)) }
}
