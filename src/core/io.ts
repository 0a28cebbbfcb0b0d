/** What a command may touch of the outside, passed in so that tests call commands in-process. */
export type Io = {
  /** Results, as given: the caller ends its lines. */
  readonly out: (text: string) => void
  /** Progress and problems. */
  readonly err: (text: string) => void
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** True where results go to a terminal that can be redrawn. */
  readonly terminal: boolean
  readonly color: boolean
  readonly columns: number
  /** Aborted by the first SIGINT, SIGTERM or SIGHUP or by the parent's death, with that word as reason; a second signal ends the process at once. */
  readonly stop: AbortSignal
}

/** Ends a command with an exit code of docs/exit-codes.md. */
export type Exit = (code: number) => void
