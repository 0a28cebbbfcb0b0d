import type { Random } from '../core/random.js'
import { normalCdf, normalQuantile } from './special-functions.js'

// Made-up systems whose distribution of response times is known exactly, while their samples follow each other as those
// of real systems do. The rules of this folder are held against them: in the tests, and in full by `npm run
// bench:coverage`.

export type LatencySource = {
  readonly name: string
  /** True share of all response times above a limit. */
  readonly exceeding: (limitNs: number) => number
  /** Fills in a window of the state that the system has been in for long; returns how many samples it has. */
  readonly run: (random: Random, window: LatencyWindow, samples: Samples) => number
}

export type LatencyWindow = { readonly seconds: number; readonly ratePerSec: number }

/** Buffers, which are much faster here than a call for each sample. */
type Samples = { readonly intendedSec: Float64Array; readonly responseNs: Float64Array }

const countOf = ({ seconds, ratePerSec }: LatencyWindow): number => Math.floor(seconds * ratePerSec)

const nsPerMs = 1e6

/** Every response time is drawn afresh. */
export const independent: LatencySource = {
  name: 'independent',
  exceeding: (limitNs) => Math.exp(-limitNs / nsPerMs),
  run: (random, window, { intendedSec, responseNs }) => {
    const count = countOf(window)
    for (let index = 0; index < count; index += 1) {
      intendedSec[index] = index / window.ratePerSec
      responseNs[index] = random.exponential(nsPerMs)
    }
    return count
  },
}

/** The logarithm drifts as an autoregressive process of first order, whose memory fades with `memorySec`. */
export const autoregressive = (memorySec: number): LatencySource => ({
  name: `autoregressive, ${memorySec * 1000} ms`,
  exceeding: (limitNs) => normalCdf(-Math.log(limitNs / nsPerMs)),
  run: (random, window, { intendedSec, responseNs }) => {
    const count = countOf(window)
    const kept = Math.exp(-1 / (window.ratePerSec * memorySec))
    const fresh = Math.sqrt(1 - kept * kept)
    let state = random.normal()
    for (let index = 0; index < count; index += 1) {
      intendedSec[index] = index / window.ratePerSec
      responseNs[index] = nsPerMs * Math.exp(state)
      state = kept * state + fresh * random.normal()
    }
    return count
  },
})

/**
 * A queue with one server, Poisson arrivals and exponential service: its response time is exponential too, with the
 * mean of 1 / (service rate - arrival rate). Lindley's recursion gives the wait of each arrival from the one before.
 */
export const queue = (utilisation: number, ratePerSec: number): LatencySource => {
  const serviceSec = utilisation / ratePerSec
  const meanSec = serviceSec / (1 - utilisation)
  return {
    name: `M/M/1, ${Math.round(utilisation * 100)} % busy`,
    exceeding: (limitNs) => Math.exp(-limitNs / (meanSec * 1e9)),
    run: (random, { seconds }, { intendedSec, responseNs }) => {
      let waitingSec = random.float() < utilisation ? random.exponential(meanSec) : 0
      let count = 0
      for (let at = random.exponential(1 / ratePerSec); at < seconds; count += 1) {
        const responseSec = waitingSec + random.exponential(serviceSec)
        intendedSec[count] = at
        responseNs[count] = responseSec * 1e9
        const gap = random.exponential(1 / ratePerSec)
        waitingSec = Math.max(0, responseSec - gap)
        at += gap
      }
      return count
    },
  }
}

/**
 * A garbage collector stops everything for `pauseSec`, on average every `everySec`: at random, or between half and one
 * and a half of it apart. Whoever comes during a pause waits for its end; beside that, response times are exponential
 * with a mean of 2 ms.
 */
export const pauses = (options: { pauseSec: number; everySec: number; regular: boolean }): LatencySource => {
  const { pauseSec, everySec, regular } = options
  const meanSec = 0.002
  const betweenSec = everySec - pauseSec
  const gap = (random: Random): number =>
    regular ? betweenSec * (0.5 + random.float()) : random.exponential(betweenSec)
  return {
    name: `pauses, ${pauseSec * 1000} ms ${regular ? 'each' : 'at random in'} ${everySec} s`,
    exceeding: (limitNs) => {
      const limitSec = limitNs / 1e9
      const inPause = Math.max(0, pauseSec - limitSec) / everySec
      return 1 - (1 - inPause) * -Math.expm1(-limitSec / meanSec)
    },
    run: (random, window, { intendedSec, responseNs }) => {
      const count = countOf(window)
      // The first pauses lie before the window, so that none of its instants is special.
      let startsAt = -everySec * (20 + random.float())
      for (let index = 0; index < count; index += 1) {
        const at = index / window.ratePerSec
        while (at >= startsAt + pauseSec) startsAt += pauseSec + gap(random)
        const stoppedSec = at >= startsAt ? startsAt + pauseSec - at : 0
        intendedSec[index] = at
        responseNs[index] = Math.max(stoppedSec, random.exponential(meanSec)) * 1e9
      }
      return count
    },
  }
}

/** What is slow takes at least this long, all else a millisecond: a limit between them parts just the two. */
const slowNs = 100 * nsPerMs
const slow = (random: Random): number => slowNs + random.exponential(slowNs)
const farExceeding = (share: number) => (limitNs: number) =>
  share * Math.min(1, Math.exp(1 - limitNs / slowNs)) + (1 - share) * Math.exp(-limitNs / nsPerMs)

/** A share of all samples is slow by far: those for which a hidden autoregressive process is high. */
export const farJumps = (share: number, memorySec: number): LatencySource => ({
  name: memorySec === 0 ? 'far, independent' : `far, autoregressive ${memorySec * 1000} ms`,
  exceeding: farExceeding(share),
  run: (random, window, { intendedSec, responseNs }) => {
    const count = countOf(window)
    const kept = Math.exp(-1 / (window.ratePerSec * memorySec))
    const fresh = Math.sqrt(1 - kept * kept)
    const high = normalQuantile(1 - share)
    let state = random.normal()
    for (let index = 0; index < count; index += 1) {
      intendedSec[index] = index / window.ratePerSec
      responseNs[index] = state > high ? slow(random) : random.exponential(nsPerMs)
      state = kept * state + fresh * random.normal()
    }
    return count
  },
})

/** A share of all samples is slow by far: `within` of those that come in an episode, which are at random and as long. */
export const farEpisodes = (share: number, options: { episodeSec: number; within: number }): LatencySource => {
  const { episodeSec, within } = options
  const inEpisodes = share / within
  const betweenSec = (episodeSec * (1 - inEpisodes)) / inEpisodes
  return {
    name: `far, ${Math.round(within * 100)} % for ${Math.round(episodeSec * 1000)} ms`,
    exceeding: farExceeding(share),
    run: (random, window, { intendedSec, responseNs }) => {
      const count = countOf(window)
      // Neither state remembers how long it has lasted, so the window may begin in either at any instant.
      let bad = random.float() < inEpisodes
      let endsAt = random.exponential(bad ? episodeSec : betweenSec)
      for (let index = 0; index < count; index += 1) {
        const at = index / window.ratePerSec
        while (at >= endsAt) {
          bad = !bad
          endsAt += random.exponential(bad ? episodeSec : betweenSec)
        }
        intendedSec[index] = at
        responseNs[index] = bad && random.float() < within ? slow(random) : random.exponential(nsPerMs)
      }
      return count
    },
  }
}

/** The limit that exactly this share of all response times exceeds. */
export function limitExceededBy(share: number, { exceeding }: LatencySource): number {
  let [low, high] = [0, 1e15]
  for (let step = 0; step < 200; step += 1) {
    const middle = (low + high) / 2
    if (exceeding(middle) > share) low = middle
    else high = middle
  }
  return (low + high) / 2
}
