import { NautilusError } from '../core/errors.js'
import type { ProcessSpec, SystemSpec } from './spec.js'

// The graph of `dependsOn`. Everything may run at once but for its edges; stopping follows them backwards.

/** Throws for a name that is nowhere, for two of one name, and for a circle. */
export function assertOrder(spec: Pick<SystemSpec, 'services' | 'processes'>): void {
  const names = [...spec.services, ...spec.processes].map(({ name }) => name)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  if (twice !== undefined) throw new NautilusError('PROFILE_INVALID', `${twice} is the name of two parts of the system`)
  for (const { name, dependsOn } of spec.processes) {
    const unknown = Object.keys(dependsOn).find((target) => !names.includes(target))
    if (unknown !== undefined) {
      throw new NautilusError('PROFILE_INVALID', `${name} depends on ${unknown}, which is no engine or service`)
    }
  }
  const circle = findCircle(spec.processes)
  if (circle !== null) throw new NautilusError('PROFILE_INVALID', `engines wait for each other: ${circle.join(' -> ')}`)
}

/** The processes that wait for `name`, and so are stopped before it. */
export const dependentsOf = (name: string, processes: readonly ProcessSpec[]): ProcessSpec[] =>
  processes.filter((spec) => Object.hasOwn(spec.dependsOn, name))

function findCircle(processes: readonly ProcessSpec[]): string[] | null {
  const specs = new Map(processes.map((spec) => [spec.name, spec]))
  const done = new Set<string>()
  const visit = (name: string, path: readonly string[]): string[] | null => {
    if (path.includes(name)) return [...path.slice(path.indexOf(name)), name]
    if (done.has(name)) return null
    for (const target of Object.keys(specs.get(name)?.dependsOn ?? {})) {
      const circle = visit(target, [...path, name])
      if (circle !== null) return circle
    }
    done.add(name)
    return null
  }
  for (const { name } of processes) {
    const circle = visit(name, [])
    if (circle !== null) return circle
  }
  return null
}
