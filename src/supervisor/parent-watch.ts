import { environmentOf, readStat } from './process-table.js'

const pollMs = 200

type ParentWatch = { readonly close: () => void }

/**
 * Calls back once when the parent process has gone, or under npm any process up to npm itself: `npx` is npm, a shell
 * and only then nautilus, and killing npm, even with TERM, leaves the shell and nautilus alive.
 */
export function watchParent(onGone: () => void, ancestors: () => readonly number[] = livingAncestors()): ParentWatch {
  const first = ancestors()
  const timer = setInterval(() => {
    const now = ancestors()
    if (first.every((pid, index) => pid === now[index])) return
    clearInterval(timer)
    onGone()
  }, pollMs)
  timer.unref()
  return { close: () => clearInterval(timer) }
}

/** Looks at as many ancestors each time as matter at the first. A process whose parent dies gets another one at once. */
function livingAncestors(): () => readonly number[] {
  const count = 1 + countUnderNpm()
  return () => {
    const pids = [process.ppid]
    while (pids.length < count) pids.push(readStat(pids.at(-1) ?? 0)?.parent ?? 0)
    return pids
  }
}

/** How many ancestors, from the parent upwards, npm has started: it marks their environment. */
function countUnderNpm(): number {
  if (process.env[npmVariable] === undefined) return 0
  let count = 0
  for (let pid = process.ppid; pid > 1 && isUnderNpm(pid); pid = readStat(pid)?.parent ?? 0) count += 1
  return count
}

const npmVariable = 'npm_lifecycle_event'

const isUnderNpm = (pid: number): boolean => environmentOf(pid).some((line) => line.startsWith(`${npmVariable}=`))
