import type { RunResult } from '../results/run-result.js'
import { formatCount, formatDuration } from './format.js'

/** `risk died once, back after 0.61 s; 37 messages delivered again` for each engine that its supervisor started anew. */
export const recoverySentences = ({ engines }: RunResult): string[] =>
  engines.flatMap(({ name, instance, restartCount, recoveryNsMax, counters }) => {
    if (restartCount === 0) return []
    // Without an outage a person had asked for it, or it was not back by the end.
    const what =
      recoveryNsMax === null
        ? `was restarted ${times(restartCount)}`
        : `died ${times(restartCount)}, back after ${formatDuration(recoveryNsMax)}`
    const { redelivered } = counters
    const again = redelivered === undefined ? '' : `; ${formatCount(redelivered)} messages delivered again`
    return [`${named(name, instance)} ${what}${again}`]
  })

/** `order-gateway opened 2 times, closed 2 times` for each engine whose circuit breaker did not stay closed. */
export const breakerSentences = ({ engines }: RunResult): string[] =>
  engines.flatMap(({ name, instance, counters }) => {
    const { 'breaker opened': opened = 0, 'breaker closed': closed = 0 } = counters
    return opened === 0 ? [] : [`${named(name, instance)} opened ${times(opened)}, closed ${times(closed)}`]
  })

const named = (name: string, instance: number): string => (instance === 0 ? name : `${name}-${instance}`)

const times = (count: number): string => (count === 1 ? 'once' : `${formatCount(count)} times`)
