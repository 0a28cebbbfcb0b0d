import { setTimeout as sleep } from 'node:timers/promises'
import type { StatusReply } from './control-protocol.js'
import type { RunningSystem } from './spec.js'
import { sharesBetween, UsageSampler, usageTargets } from './usage.js'

const usageSpanMs = 200

/** The state of a system and what its processes use, measured over a fifth of a second. */
export async function statusWithUsage(system: Pick<RunningSystem, 'status'>): Promise<StatusReply> {
  const sampler = new UsageSampler()
  try {
    const targets = usageTargets(system.status())
    const first = sampler.sample(targets)
    await sleep(usageSpanMs)
    return { status: system.status(), usage: sharesBetween(first, sampler.sample(targets)) }
  } finally {
    sampler.close()
  }
}
