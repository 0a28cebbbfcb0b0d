import { basename } from 'node:path'
import { NautilusError } from '../core/errors.js'
import { nearNameHint } from '../core/near-name.js'
import { enginesOf, runsInKit } from './plan.js'
import type { ProfileConfig } from './schema.js'

/** Checks that the engine of `--cpu-profile` can be profiled: it has a process that nautilus starts, and that is Node. */
export function profiledEngine(name: string, config: ProfileConfig): string {
  const names = enginesOf(config).map(([each]) => each)
  const engine = config.engines[name]
  const refuse = (problem: string, hint: string): NautilusError =>
    new NautilusError('USAGE', `--cpu-profile ${name}  ${problem}`, { hint })
  if (engine === undefined) throw refuse('is not in the profile', nearNameHint(name, names))
  if (engine.url !== undefined) throw refuse('runs elsewhere', 'Start its process with --cpu-prof where it runs.')
  if (config.bus.kind === 'in-process' && runsInKit(name, engine)) {
    throw refuse('shares the process of the bench', 'Set a bus of kind redis, so that it has a process of its own.')
  }
  if (engine.command !== undefined && !isNode(engine.command[0])) {
    throw refuse(`runs ${engine.command[0]}, which is not Node`, 'Use the profiler of its own platform.')
  }
  return name
}

const isNode = (program: string | undefined): boolean => /^node(\d+)?$/.test(basename(program ?? ''))
