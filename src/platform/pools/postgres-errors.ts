import { messageOf, NautilusError } from '../../core/errors.js'

// Apart from the pool, which loads the client: an engine without tables never needs that.

/** Whether the same statement may succeed at a second try: the connection failed, not what was asked. */
export function isTransient(error: unknown): boolean {
  // SQLSTATE has five characters; 08 is the connection, 53 resources, 57 operator intervention, 40 serialisation.
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return !/^[0-9A-Z]{5}$/.test(code) || /^(08|40|53|57)/.test(code)
}

export const storeDied = (cause: unknown): NautilusError =>
  new NautilusError('SERVICE_DIED', `PostgreSQL does not answer: ${messageOf(cause)}`, {
    cause,
  })
