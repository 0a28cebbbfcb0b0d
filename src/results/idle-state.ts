import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const systemFolder = '/sys/devices/system/cpu'

/**
 * How an idle core sleeps, which sets the time to wake it: 15 to 25 us a hop on a virtual machine, which is most of a small
 * latency. In words; null where the kernel does not tell.
 */
export function readIdleState(folder = systemFolder): string | null {
  const driver = read(join(folder, 'cpuidle/current_driver'))
  const governor = read(join(folder, 'cpuidle/current_governor_ro')) ?? read(join(folder, 'cpuidle/current_governor'))
  if (driver === null && governor === null) return null
  return [
    `driver ${driver ?? 'unknown'}`,
    `governor ${governor ?? 'unknown'}`,
    deepestState(join(folder, 'cpu0/cpuidle')),
  ].join(', ')
}

/** States are numbered from shallow to deep. */
function deepestState(folder: string): string {
  const enabled = statesIn(folder).filter((state) => read(join(folder, state, 'disable')) !== '1')
  const deepest = enabled.at(-1)
  if (deepest === undefined) return 'no states told'
  const latency = read(join(folder, deepest, 'latency'))
  const wakes = latency === null ? '' : `, wakes in ${latency} us`
  return `deepest enabled ${read(join(folder, deepest, 'name')) ?? deepest}${wakes}`
}

function statesIn(folder: string): string[] {
  try {
    const number = (state: string): number => Number(state.slice('state'.length))
    return readdirSync(folder)
      .filter((name) => /^state\d+$/.test(name))
      .sort((a, b) => number(a) - number(b))
  } catch {
    // A virtual machine whose host puts its cores to sleep.
    return []
  }
}

function read(file: string): string | null {
  try {
    const text = readFileSync(file, 'utf8').trim()
    return text === '' ? null : text
  } catch {
    // Another kernel, or not for us to read.
    return null
  }
}
