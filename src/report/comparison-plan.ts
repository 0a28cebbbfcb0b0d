import type { Comparison } from '../results/comparison.js'
import type { NoiseFloor } from '../results/noise-floor.js'
import { marginOf, scaleOf } from '../sla/comparison-metrics.js'
import { betweenRunsUnknown } from '../stats/between-runs.js'
import { looks, minimumDetectableEffect } from '../stats/paired.js'
import { changeText } from './comparison-words.js'
import { formatShare } from './format.js'

/** What a comparison will be able to see, and how long it may take: read before it runs. */
export function planLines(
  comparison: Comparison,
  { floor, secondsMax }: { readonly floor: NoiseFloor | null; readonly secondsMax: number },
): string[] {
  const { kind, roundsMax } = comparison
  const rounds = kind === 'aa' || roundsMax === looks[0] ? `${roundsMax} rounds` : `${looks[0]} to ${roundsMax} rounds`
  const minutes = secondsMax < 90 ? `${Math.ceil(secondsMax)} s` : `${Math.ceil(secondsMax / 60)} min`
  const time = `${rounds} of two runs each, ${kind === 'aa' ? 'about' : 'at most'} ${minutes}`
  if (kind === 'aa') return [time]
  const known = comparison.deciding.filter((name) => scaleOf(name) === 'ratio' && floor?.sigma[name] !== undefined)
  if (floor === null || known.length === 0) {
    const seen = seenText(betweenRunsUnknown, comparison)
    const assumed = `runs that differ by ${formatShare(betweenRunsUnknown)}, which is assumed; \`nautilus compare --aa\` measures it`
    return [time, `can be found 4 times in 5: ${seen}, with ${assumed}`]
  }
  return [
    time,
    `can be found 4 times in 5, at the noise of ${floor.comparisonId}:`,
    ...known.map((name) => `  ${name} ${seenText(floor.sigma[name] ?? 0, comparison, name)}`),
  ]
}

/** `worse by 17 % after 5 rounds, 9.1 % after 20` */
function seenText(sigma: number, { roundsMax, marginShare }: Comparison, name = 'endToEnd.p95'): string {
  const seen = (roundCount: number): string =>
    changeText(
      minimumDetectableEffect({
        deviationLn: sigma * Math.SQRT2,
        roundCount,
        marginShare: marginOf(name, marginShare),
      }),
      'ratio',
    ).replace('+', '')
  const least = `worse by ${seen(looks[0])} after ${looks[0]} rounds`
  return roundsMax === looks[0] ? least : `${least}, ${seen(roundsMax)} after ${roundsMax}`
}
