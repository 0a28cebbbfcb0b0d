import { type DurationNs, nsPerMs } from '../../core/units.js'

/**
 * The value of `promise`, or `expired()` as rejection once the deadline has passed; the promise itself goes on unobserved.
 * Timers run before sockets in an event-loop turn: after the loop was blocked the answer may already lie in the socket, so
 * two more turns pass before the deadline counts.
 */
export function within<Value>(
  promise: PromiseLike<Value>,
  deadlineNs: DurationNs,
  expired: () => Error,
): Promise<Value> {
  return new Promise((resolve, reject) => {
    const expire = (): void => {
      setImmediate(() => setImmediate(() => reject(expired())))
    }
    const timer = setTimeout(expire, deadlineNs / nsPerMs)
    promise.then(
      (value) => {
        clearTimeout(timer)
        resolve(value)
      },
      (error) => {
        clearTimeout(timer)
        reject(error)
      },
    )
  })
}

/** Resolves after the delay. */
export const pause = (delayNs: DurationNs): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, delayNs / nsPerMs))
