import { jsonText } from './json.js'
import { tunableId } from './schema-ids.js'
import { textTable } from './text-table.js'

/** A setting that can be tuned; `range` as a person would write it: `100us to 50ms`, `off, qr, symmetric`. */
export type Tunable = {
  readonly path: string
  readonly value: string
  readonly range: string
  readonly scale: 'linear' | 'log' | 'choice'
  /** Whether `tune` of the profile names it, so that a search may change it. */
  readonly named: boolean
}

/** Those that a search may change first. */
export function renderTunable(format: 'terminal' | 'json', profile: string, tunable: readonly Tunable[]): string {
  const ordered = tunable.toSorted((a, b) => Number(b.named) - Number(a.named))
  if (format === 'json') return jsonText({ schema: tunableId, profile, settings: ordered })
  if (ordered.length === 0)
    return `Nothing of ${profile} has a range of its own; give settings ranges under \`tune\`.\n`
  const rows = ordered.map(({ path, value, range, scale, named }) => [named ? '*' : '', path, value, range, scale])
  const lines = textTable([['', 'setting', 'now', 'range', 'scale'], ...rows])
  const namedCount = ordered.filter(({ named }) => named).length
  const last =
    namedCount === 0
      ? 'No setting stands under `tune` of the profile, so a search would change nothing. Write:\n' +
        `  tune: { settings: { ${ordered[0]?.path}: {} } }`
      : '* stands under `tune` of the profile: a search may change it'
  return `${[...lines, '', last].join('\n')}\n`
}
