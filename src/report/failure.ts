import { AssertionError } from '../core/assert.js'
import { messageOf, NautilusError } from '../core/errors.js'
import { mask, maskUrl } from '../core/secrets.js'
import { exitOfInterruption } from '../sla/exit.js'

// What a person reads when a command fails, and what goes into the report of a bug. Pure.

/** Exit code of a bug in nautilus itself: EX_SOFTWARE of sysexits, in no row of the users' own failures. */
const bugExit = 70

export type Failure =
  | { readonly kind: 'expected'; readonly text: string; readonly exit: number }
  | { readonly kind: 'interrupted'; readonly text: string; readonly exit: number }
  | { readonly kind: 'bug'; readonly statement: string; readonly stack: string; readonly exit: typeof bugExit }

/** Sorts what was thrown. `stopReason` is the word of a stop that is under way, or null. */
export function failureOf(error: unknown, stopReason: string | null): Failure {
  if (error instanceof NautilusError) {
    return { kind: 'expected', text: maskUrl(`${error.message}\n${error.hint}\n`), exit: error.exit }
  }
  const stopped =
    stopReason !== null && (error === stopReason || (error instanceof Error && error.name === 'AbortError'))
  if (stopped) {
    return { kind: 'interrupted', text: `stopped by ${stopReason}\n`, exit: exitOfInterruption(stopReason) }
  }
  const message = messageOf(error)
  const statement = error instanceof AssertionError ? `it does not hold that ${message}` : message
  const stack = error instanceof Error ? stackOf(error) : statement
  return { kind: 'bug', statement: maskUrl(statement), stack: maskUrl(stack), exit: bugExit }
}

/** The text of a bug report: what a maintainer asks for first. */
export function bugReport(facts: {
  readonly stack: string
  readonly args: readonly string[]
  readonly version: string
  readonly node: string
  readonly platform: string
  readonly atIso: string
}): string {
  return [
    `nautilus ${facts.version}, Node ${facts.node}, ${facts.platform}, ${facts.atIso}`,
    maskUrl(`nautilus ${facts.args.map(withoutValue).join(' ')}`),
    '',
    facts.stack,
    '',
  ].join('\n')
}

/** An argument without what may be a secret: the value of `path=value`. */
const withoutValue = (argument: string): string => argument.replace(/^([\w-][\w.-]*)=.*$/s, `$1=${mask}`)

/** What a person reads of a bug. */
export function bugText(statement: string, reportFile: string | null): string {
  const where =
    reportFile === null ? 'Please open an issue with this message.' : `Please open an issue with ${reportFile}.`
  return `A bug in nautilus, not in your profile: ${statement}\n${where}\n`
}

function stackOf(error: Error): string {
  const own = error.stack ?? error.message
  return error.cause instanceof Error ? `${own}\ncaused by ${stackOf(error.cause)}` : own
}
