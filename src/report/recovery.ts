import type { RunResult } from '../results/run-result.js'
import { formatCount, formatDuration } from './format.js'

/** `risk died once, back after 0.61 s; 37 messages delivered again` for each engine that its supervisor started anew. */
export const recoverySentences = ({ engines }: RunResult): string[] =>
  engines.flatMap(({ name, instance, restartCount, recoveryNsMax, counters }) => {
    if (restartCount === 0) return []
    const who = instance === 0 ? name : `${name}-${instance}`
    const times = restartCount === 1 ? 'once' : `${formatCount(restartCount)} times`
    // Without an outage a person had asked for it.
    const what =
      recoveryNsMax === null ? `was restarted ${times}` : `died ${times}, back after ${formatDuration(recoveryNsMax)}`
    const { redelivered } = counters
    const again = redelivered === undefined ? '' : `; ${formatCount(redelivered)} messages delivered again`
    return [`${who} ${what}${again}`]
  })
