import { nsPerSec } from '../core/units.js'
import type { RunResult } from '../results/run-result.js'
import { formatBytes, formatRate, formatWholeShare } from './format.js'

/** `market-bus` and `2,010/s messages, 1.2 MiB/s in, 0.9 MiB/s out, CPU 12 %, unix` for each bus. */
export const busLoads = ({ buses }: RunResult): { readonly name: string; readonly words: string }[] =>
  buses.map(({ name, elapsedNs, messages, bytesIn, bytesOut, cpuNs, transport, notSettable }) => {
    const perSec = (count: number): number => (count * nsPerSec) / elapsedNs
    const traffic = `${formatBytes(perSec(bytesIn))}/s in, ${formatBytes(perSec(bytesOut))}/s out`
    const load = `${formatRate(perSec(messages))} messages, ${traffic}, CPU ${formatWholeShare(cpuNs / elapsedNs)}`
    const missing = notSettable.length === 0 ? '' : ` (${notSettable.join(' and ')} not settable)`
    return { name, words: `${load}, ${transport}${missing}` }
  })

/** `shared memory, wait block`, or why a bus is another than was asked for; null where there is nothing to tell. */
export function busSentence({ bus }: RunResult): string | null {
  if (bus?.kind === 'shared-memory') return `shared memory, wait ${bus.wait}`
  return bus === null || bus.problem === null ? null : `${bus.kind}, because ${bus.problem}`
}
