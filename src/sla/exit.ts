/** Every exit code of every command; `docs/exit-codes.md` is generated from this table. */
export const exitCodes = {
  0: 'Pass: every declared limit was measured and holds. Also: the command did what it was asked.',
  1: 'Fail: a limit is exceeded, or PostgreSQL disagrees with what the driver counted.',
  2: 'Usage: an unknown command or option, a profile with problems, a file or run that is not there.',
  3: 'Inconclusive: the data can say neither pass nor fail.',
  4: 'No data: a declared limit has no samples, the measurement is invalid, or an engine failed or was not ready in time.',
  5: 'Baseline: it is missing, or from another class of machine.',
  6: 'Environment: a port is busy, another measurement runs, a service is unavailable or died during the run, which is not judged then, the disk is full.',
  70: 'A bug in nautilus itself; the message names a report to attach to an issue.',
  130: 'Interrupted by Ctrl-C (SIGINT); what was measured is kept.',
  143: 'Ended by SIGTERM, by the closing of the terminal, or by the death of the parent process; what was measured is kept.',
} as const

export type ExitCode = keyof typeof exitCodes

// A named failure is never hidden by a missing side metric: 1 goes before 4.
export const precedence: readonly ExitCode[] = [70, 130, 143, 2, 1, 4, 6, 5, 3, 0]

/** The code with which a command ends where several hold; 0 where none does. */
export function exitOf(codes: readonly ExitCode[]): ExitCode {
  return precedence.find((code) => codes.includes(code)) ?? 0
}

/**
 * The code for a run that ended before its time, from the reason kept in its result: a signal, or the name of what failed
 * and how.
 */
export function exitOfInterruption(reason: string, serviceNames: readonly string[] = []): ExitCode {
  if (/^SIGINT\b/.test(reason)) return 130
  if (/^(SIG[A-Z]+|parent|stopped)\b/.test(reason)) return 143
  const [first = '', second = ''] = reason.split(/[\s:]+/)
  const name = first === 'service' ? second : first
  return ['bus', 'store', ...serviceNames].includes(name) ? 6 : 4
}
