/** Thrown when an invariant of nautilus itself is broken: a bug of ours, never a condition of the user's. */
export class AssertionError extends Error {
  override readonly name = 'AssertionError'
}

/** States an invariant. `statement` is a constant sentence in the positive; it is read when it does not hold. */
export function assert(condition: boolean, statement: string): asserts condition {
  if (!condition) throw new AssertionError(statement)
}

/** Ends a total `switch` over a closed set. */
export function assertNever(value: never): never {
  throw new AssertionError(`every case is handled, also ${JSON.stringify(value)}`)
}

/** Returns `value`, which the code has reason to know is there. */
export function present<Value>(value: Value | undefined | null, statement: string): Value {
  if (value === undefined || value === null) throw new AssertionError(statement)
  return value
}
