import { type CpuTicks, readCpuTicks } from '../../results/machine.js'

type Undisturbed<Value> = {
  readonly value: Value
  /** Attempts that were thrown away. */
  readonly repeats: number
  /** Whether the last attempt was disturbed as well. */
  readonly disturbed: boolean
}

/**
 * Repeats a measurement, before anybody has looked at it, during which the hypervisor took cores away: for 3 to 30 ms
 * neither server nor generator runs, and the log of the server cannot know. The kernel counts it as steal. The last
 * attempt counts, whatever happened.
 */
export async function undisturbed<Value>(
  measure: () => Promise<Value>,
  attemptsMax: number,
  readTicks: () => CpuTicks | null = readCpuTicks,
): Promise<Undisturbed<Value>> {
  for (let attempt = 1; ; attempt += 1) {
    const before = readTicks()
    const value = await measure()
    const disturbed = before !== null && (readTicks()?.steal ?? 0) > before.steal
    if (!disturbed || attempt >= attemptsMax) return { value, repeats: attempt - 1, disturbed }
  }
}
