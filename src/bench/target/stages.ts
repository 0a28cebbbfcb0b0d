// Where the time of a request to a plain target goes; budgets name these.

export const targetStages = {
  /** Stages that every budget must cover; `edges` stands for the last two. */
  always: ['driver', 'connection', 'wire', 'body'],
  /** There only where the target tells its own time by `Server-Timing`. */
  sometimes: ['server'],
  edges: ['wire', 'body'],
} as const
