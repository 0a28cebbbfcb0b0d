import { setTimeout as sleep } from 'node:timers/promises'
import { processVariable, runVariable } from '../core/child-variables.js'
import type { Clock } from '../core/clock.js'
import type { InstantNs } from '../core/units.js'
import {
  environmentOf,
  type Identity,
  listProcesses,
  type ProcessStat,
  readStat,
  signalIdentity,
  signalPid,
} from './process-table.js'

// What belongs to one start of one process: its group and session, what descends from it, and what bears its marks in
// the environment. A signal to the group alone misses the private groups of shells and everything that called setsid.

export type Family = {
  readonly leader: Identity
  readonly systemId: string
  readonly name: string
  /** Descendants seen while the tree was whole, because the death of a parent cuts them off. */
  readonly known: Map<number, Identity>
}

/** Remembers the descendants, to be called while the leader lives. */
export function remember(family: Family): void {
  for (const stat of livingMembers(family)) {
    if (stat.pid !== family.leader.pid) family.known.set(stat.pid, { ...family.leader, ...pick(stat) })
  }
}

/** All that lives of the family, the leader included. */
function livingMembers(family: Family): ProcessStat[] {
  const { leader } = family
  const all = listProcesses()
  const holder = readStat(leader.pid)
  // While anything lives in the group or session of a dead leader, the kernel gives its number to nobody else.
  const reused = holder !== null && holder.startTicks !== leader.startTicks
  const members = new Map<number, ProcessStat>()
  const marks = [`${runVariable}=${family.systemId}`, `${processVariable}=${family.name}`]
  for (const stat of all) {
    const known = family.known.get(stat.pid)
    const belongs =
      (!reused && (stat.session === leader.pid || stat.group === leader.pid || stat.parent === leader.pid)) ||
      known?.startTicks === stat.startTicks ||
      isMarked(stat.pid, marks)
    if (belongs) members.set(stat.pid, stat)
  }
  addDescendants(members, all)
  members.delete(process.pid)
  return [...members.values()]
}

/**
 * Ends what a leader that has exited left behind: TERM once to each, KILL from the deadline on. Returns what could not
 * be ended (sleeping in the kernel), which is nothing but for broken file systems.
 */
export async function sweep(
  family: Family,
  options: { readonly clock: Clock; readonly killAt: () => InstantNs; readonly groupWasAsked: () => boolean },
): Promise<readonly ProcessStat[]> {
  const asked = new Set<number>()
  for (let killRounds = 0; ; ) {
    const left = livingMembers(family)
    if (left.length === 0 || killRounds > 100) return left
    const kill = options.clock.now() >= options.killAt()
    if (kill) killRounds += 1
    for (const stat of left) {
      const wasAsked = asked.has(stat.pid) || (options.groupWasAsked() && stat.group === family.leader.pid)
      if (kill || !wasAsked) signalIdentity({ ...family.leader, ...pick(stat) }, kill ? 'SIGKILL' : 'SIGTERM')
      asked.add(stat.pid)
    }
    await sleep(kill ? 10 : 25)
  }
}

/** Signals the group of a leader that is our own child, which no other process can have replaced unseen. */
export const signalGroup = (leader: Identity, signal: NodeJS.Signals): boolean => signalPid(-leader.pid, signal)

const pick = (stat: ProcessStat) => ({ pid: stat.pid, startTicks: stat.startTicks })

function isMarked(pid: number, marks: readonly string[]): boolean {
  const environment = environmentOf(pid)
  return marks.every((mark) => environment.includes(mark))
}

function addDescendants(members: Map<number, ProcessStat>, all: readonly ProcessStat[]): void {
  for (let before = -1; before !== members.size; ) {
    before = members.size
    for (const stat of all) if (members.has(stat.parent)) members.set(stat.pid, stat)
  }
}
