import { maskSecrets } from '../core/secrets.js'
import type { Tunable } from '../report/tunable.js'
import type { Profile } from './load.js'
import { pathText } from './located.js'
import { visitValues } from './origins.js'
import { parsePath } from './overrides.js'
import { profileSchema } from './schema.js'
import { factsOf, schemaAt } from './schema-walk.js'

/** What of a profile can be tuned: the settings that its `tune` section names, and those whose reference gives a range. */
export function tunableOf(profile: Profile): Tunable[] {
  const asked = new Map(
    Object.entries(profile.config.tune?.settings ?? {}).map(([name, setting]) => [
      pathText(parsePath(name) ?? [name]),
      setting,
    ]),
  )
  const known: Tunable[] = []
  visitValues(profile, (path, value) => {
    const schema = schemaAt(profileSchema(), path, profile.config)
    const name = pathText(path)
    const own = asked.get(name)
    const reference = schema === null ? null : factsOf(schema).tune
    const ranged = own?.min === undefined && own?.choices === undefined ? reference : own
    if (ranged === null || ranged === undefined) return
    const { min, max, choices } = ranged
    known.push({
      path: name,
      value: maskSecrets(String(value), profile.secrets),
      range: choices === undefined ? `${min} to ${max}` : choices.join(', '),
      scale: choices === undefined ? (own?.scale ?? ranged.scale ?? 'linear') : 'choice',
      named: own !== undefined,
    })
  })
  return known
}
