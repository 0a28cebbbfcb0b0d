import { isAbsolute } from 'node:path'
import type { RunResult } from '../results/run-result.js'
import { shownFile } from './find.js'
import type { Profile } from './load.js'
import { type Path, valueAt, visitScalars } from './located.js'

/**
 * Where each limit of a profile was written, so that a report can point at its line; what came by `--set` has no line. A file
 * that does not lie below the working directory is left out: its path would tell of the machine.
 */
export function limitPlacesOf({ tree }: Profile, cwd: string): RunResult['limitPlaces'] {
  const places: RunResult['limitPlaces'] = []
  for (const section of ['sla', 'components']) {
    const below = valueAt(tree, [section])
    if (below === null) continue
    visitScalars(
      below,
      ({ at }, path) => {
        const file = at.kind === 'file' ? shownFile(at.file, cwd) : null
        if (at.kind !== 'file' || file === null || isAbsolute(file)) return
        places.push({ path: plainPath(path), file, line: at.line, column: at.column })
      },
      [section],
    )
  }
  return places
}

/** As checks name it: `sla.budget.risk.p95`, `sla.checks[0].max`. */
const plainPath = (path: Path): string =>
  path.map((key, index) => (typeof key === 'number' ? `[${key}]` : `${index === 0 ? '' : '.'}${key}`)).join('')
