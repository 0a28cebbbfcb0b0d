import { NautilusError } from '../../core/errors.js'
import { catalog } from '../catalog.js'
import type { EngineDefinition } from './define.js'

/** A shipped engine with its settings as written, parsed by its own schema; every problem of them is named at once. */
export async function loadEngine(
  name: string,
  written: unknown,
): Promise<{ readonly definition: EngineDefinition; readonly settings: unknown }> {
  const entry = Object.hasOwn(catalog, name) ? catalog[name] : undefined
  if (entry === undefined) throw new NautilusError('ENGINE_FAILED', `there is no engine "${name}"`)
  const definition = await entry.load()
  const settings = definition.config.safeParse(written)
  if (!settings.success) {
    const problems = settings.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ')
    throw new NautilusError('PROFILE_INVALID', `settings of ${name}: ${problems}`)
  }
  return { definition, settings: settings.data }
}
