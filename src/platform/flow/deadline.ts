import { type DurationNs, durationNs, nsPerMs } from '../../core/units.js'

const graceNs = durationNs(100 * nsPerMs)

/**
 * The value of `promise`, or `expired()` as rejection once the deadline has passed; the promise itself goes on unobserved.
 * The deadline is waited for in two steps: where this process or the whole machine stood still for longer than the deadline,
 * the other side has the second step, at most 100 ms, to answer before it is called dead.
 */
export function within<Value>(
  promise: PromiseLike<Value>,
  deadlineNs: DurationNs,
  expired: () => Error,
): Promise<Value> {
  return new Promise((resolve, reject) => {
    const lastMs = Math.min(graceNs, deadlineNs / 2) / nsPerMs
    const expire = (): void => {
      // Timers run before sockets in a turn of the event loop: the answer may already lie there.
      setImmediate(() => setImmediate(() => reject(expired())))
    }
    let timer = setTimeout(
      () => {
        timer = setTimeout(expire, lastMs)
      },
      deadlineNs / nsPerMs - lastMs,
    )
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
