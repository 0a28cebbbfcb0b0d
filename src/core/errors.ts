/**
 * Every expected failure: its exit code and what to do about it. The documentation page `docs/errors.md` is generated
 * from this table. Exit codes are those of docs/exit-codes: 0 pass, 1 fail, 2 usage, 3 inconclusive, 4 no data,
 * 5 baseline, 6 environment, 130/143 interrupted.
 */
export const errorCodes = {
  USAGE: { exit: 2, hint: 'See `nautilus --help`.' },
  PROFILE_INVALID: { exit: 2, hint: 'Run `nautilus check PROFILE` to list every problem.' },
  PROFILE_NOT_FOUND: { exit: 2, hint: 'Name a file, or a shipped profile; `nautilus check --list` lists them.' },
  SOURCE_INVALID: { exit: 2, hint: 'Correct the row that is named, or leave it out.' },
  MODEL_INVALID: {
    exit: 2,
    hint: 'Correct the field that is named, or name a model that ships: next-move-trees, for one.',
  },
  RUN_NOT_FOUND: { exit: 2, hint: 'Run `nautilus runs` to list what is kept.' },
  RESULT_INVALID: {
    exit: 4,
    hint: 'The file was not written by this version of nautilus, or was cut off: run the bench again.',
  },
  ENGINE_NOT_READY: { exit: 4, hint: 'See `nautilus logs ENGINE`.' },
  ENGINE_FAILED: { exit: 4, hint: 'See `nautilus logs ENGINE`.' },
  BUILD_FAILED: { exit: 4, hint: 'Correct the command of --build, or name another commit.' },
  COMPONENT_FAILED: { exit: 4, hint: 'Run it alone: `nautilus bench --component NAME`.' },
  BASELINE_MISSING: { exit: 5, hint: 'Run `nautilus baseline list` to see what is kept.' },
  MEASUREMENT_INVALID: { exit: 4, hint: 'Lower the rate or free a core: the generator could not keep its schedule.' },
  PORT_BUSY: { exit: 6, hint: 'End the owner, or set another port.' },
  ALREADY_MEASURING: { exit: 6, hint: 'Wait for it to end, or add --queue.' },
  ALREADY_UP: { exit: 6, hint: 'Run `nautilus down` first.' },
  NOT_UP: { exit: 6, hint: 'Start it with `nautilus up --profile P`.' },
  SERVICE_UNAVAILABLE: { exit: 6, hint: 'Install the server, or name a running one by `url:`.' },
  SERVICE_DIED: { exit: 6, hint: 'See the log of the service in the run folder.' },
  DISK_FULL: { exit: 6, hint: 'Free space, or remove old runs with `nautilus runs --prune`.' },
  WRITE_FAILED: { exit: 6, hint: 'Write it again, or to another disk; the message has what the system said.' },
  PLATFORM: { exit: 6, hint: 'nautilus runs on Linux and macOS; on Windows use WSL.' },
} as const satisfies Record<string, { exit: number; hint: string }>

export type ErrorCode = keyof typeof errorCodes

type ErrorDetails = { readonly hint?: string; readonly cause?: unknown }

/** A failure that a user can understand and mend: the message says what was found and where, the hint what to do. */
export class NautilusError extends Error {
  override readonly name = 'NautilusError'
  readonly code: ErrorCode
  readonly hint: string

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.code = code
    this.hint = details.hint ?? errorCodes[code].hint
  }

  get exit(): number {
    return errorCodes[this.code].exit
  }
}

/** What a thrown value says of itself. Errors of several addresses of one name (`localhost`) have no message of their own. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(messageOf).join(', ')
  return error instanceof Error ? error.message : String(error)
}
