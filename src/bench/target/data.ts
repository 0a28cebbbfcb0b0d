import { readFileSync, statSync } from 'node:fs'
import { present } from '../../core/assert.js'
import { messageOf, NautilusError } from '../../core/errors.js'
import { nearNameHint } from '../../core/near-name.js'
import { drawOf } from '../../core/random.js'
import type { DataConfig } from './config.js'
import { parseRows } from './rows.js'

// Rows that feed the requests of a plain target. A file is read whole, once a worker, before the clock runs: what is sent
// must not wait for a disk. Its size is bounded for that reason.

const fileBytesMax = 64 * 1024 * 1024

/** As it passes to the workers: the file is absolute. */
export type DataPlan = DataConfig & { readonly seed: number }

/** Row of a request; the same for the same seq and seed, whichever worker asks. */
export type Feed = { readonly columns: readonly string[]; readonly rowOf: (seq: number) => readonly string[] }

const noColumns: readonly string[] = []
const noFeed: Feed = { columns: noColumns, rowOf: () => noColumns }

/** Reads the rows and checks that they hold what the requests want. Throws SOURCE_INVALID with `file:line`. */
export function openFeed(plan: DataPlan | null, wanted: readonly string[]): Feed {
  if (plan === null) {
    const [name] = wanted
    if (name !== undefined) throw missingColumn(name, null, [])
    return noFeed
  }
  const { columns, rows } = parseRows(readText(plan.file), plan.format, plan.file)
  for (const name of wanted) {
    if (!columns.includes(name)) throw missingColumn(name, plan.file, columns)
  }
  const count = rows.length
  const row = (index: number): readonly string[] => present(rows[index], 'a row is drawn from those there are')
  if (plan.order === 'in-turn') return { columns, rowOf: (seq) => row(seq % count) }
  const { seed } = plan
  // A draw by the seq itself, so that workers which share the requests need not share a stream.
  return { columns, rowOf: (seq) => row(drawOf(seed, seq, count)) }
}

function missingColumn(name: string, file: string | null, columns: readonly string[]): NautilusError {
  if (file === null) {
    return new NautilusError('SOURCE_INVALID', `a request names {{${name}}}, but there are no rows to take it from`, {
      hint: 'Only {{seq}} is known without data: name a file of rows, or correct the placeholder.',
    })
  }
  return new NautilusError('SOURCE_INVALID', `${file}: no column "${name}"`, {
    hint: `A request names it; ${nearNameHint(name, columns)}`,
  })
}

function readText(file: string): string {
  try {
    const { size } = statSync(file)
    if (size > fileBytesMax) {
      throw new NautilusError('SOURCE_INVALID', `${file} has ${Math.ceil(size / 1024 ** 2)} MiB, at most 64 are read`, {
        hint: 'Rows are kept in memory and used in turn: cut the file.',
      })
    }
    return readFileSync(file, 'utf8')
  } catch (cause) {
    if (cause instanceof NautilusError) throw cause
    throw new NautilusError('SOURCE_INVALID', `cannot read ${file}: ${messageOf(cause)}`, { cause })
  }
}
