import { assertNever } from '../core/assert.js'
import { parseClaimed } from '../sla/claimed.js'
import type { ClaimOutcome } from '../sla/claims.js'
import { formatRatio, threeDigits } from './case-table.js'
import { formatDuration } from './format.js'

// Claims in words: what was claimed, what was measured, and whether the one is the other.

const statusWord: Readonly<Record<ClaimOutcome['status'], string>> = {
  held: 'held',
  exceeded: 'exceeded',
  notReproduced: 'not reproduced',
  undecided: 'undecided',
  noData: 'no data',
}

/** `2-5ms -> 50us`, as it was written down. */
export const claimedFigures = ({ claimed }: ClaimOutcome): string =>
  claimed.before === null ? claimed.after : `${claimed.before} -> ${claimed.after}`

/** `98.0 ns -> 147 ns` */
export const measuredFigures = ({ before, after }: ClaimOutcome): string =>
  before === null ? formatDuration(after.ns) : `${formatDuration(before.ns)} -> ${formatDuration(after.ns)}`

/** `40x to 100x`, or nothing where the claim is no gain. */
export function claimedGain({ claimedGain: gain }: ClaimOutcome): string {
  if (gain === null) return ''
  if (gain.high === null) return `at least ${threeDigits(gain.low)}x`
  return gain.low === gain.high
    ? `${threeDigits(gain.low)}x`
    : `${threeDigits(gain.low)}x to ${threeDigits(gain.high)}x`
}

export const measuredGain = ({ gain }: ClaimOutcome): string => (gain === null ? '' : formatRatio(gain))

/** `exceeded: takes longer than the claimed 50us` */
export const claimOutcome = (claim: ClaimOutcome): string =>
  [statusWord[claim.status], claimReason(claim)].filter((word) => word !== null).join(': ')

/** Why a claim did not hold; null where it did. */
function claimReason(claim: ClaimOutcome): string | null {
  const { status, before, claimed } = claim
  switch (status) {
    case 'exceeded':
      return `takes longer than the claimed ${claimed.after}`
    case 'notReproduced': {
      const parsed = claimed.before === null ? null : parseClaimed(claimed.before)
      const claimedNs = parsed !== null && 'value' in parsed ? parsed.value.lowNs : 0
      const alreadyFast = before !== null && before.ns !== null && before.ns < claimedNs
      return alreadyFast
        ? `without it ${formatDuration(before.ns)}, not the claimed ${claimed.before}: there is less to gain`
        : 'the gain is smaller than claimed'
    }
    case 'undecided':
      return 'the claimed gain lies within the error of the measured one'
    case 'noData':
      return 'what it speaks of was not measured'
    case 'held':
      return null
    default:
      return assertNever(status)
  }
}

/** Two or three lines a claim, each at most 80 characters for names of usual length. */
export function claimLines(claims: readonly ClaimOutcome[]): string[] {
  if (claims.length === 0) return []
  const idChars = Math.max(...claims.map(({ id }) => id.length))
  const indent = ' '.repeat(idChars)
  return [
    'claims (they decide nothing)',
    ...claims.flatMap((claim) => {
      const gain = claim.gain === null ? '' : `, ${measuredGain(claim)} as fast`
      const claimed = claim.claimedGain === null ? '' : `, ${claimedGain(claim)}`
      const reason = claimReason(claim)
      return [
        `${claim.id.padEnd(idChars)}  ${statusWord[claim.status]}: ${claim.at} ${measuredFigures(claim)}${gain}`,
        `${indent}  claimed ${claimedFigures(claim)}${claimed}`,
        ...(reason === null ? [] : [`${indent}  ${reason}`]),
      ]
    }),
  ]
}
