const pollMs = 200

type ParentWatch = { readonly close: () => void }

/**
 * Calls back once when the parent process has gone. `npx` is npm, a shell and only then nautilus: killing npx, even
 * with TERM, leaves nautilus alive, whose parent then changes.
 */
export function watchParent(onGone: () => void, parentPid: () => number = () => process.ppid): ParentWatch {
  const first = parentPid()
  const timer = setInterval(() => {
    if (parentPid() === first) return
    clearInterval(timer)
    onGone()
  }, pollMs)
  timer.unref()
  return { close: () => clearInterval(timer) }
}
