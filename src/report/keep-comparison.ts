import { NautilusError } from '../core/errors.js'
import type { Comparison } from '../results/comparison.js'
import { comparisonFolder, writeComparison } from '../results/comparisons.js'
import { machineClassOf } from '../results/machine.js'
import { writeNoiseFloor } from '../results/noise-floor.js'
import { type ComparisonVerdict, wholeRounds } from '../sla/comparison.js'
import { noiseOf } from '../sla/noise.js'
import { renderComparison } from './comparison.js'

/** Writes a comparison that has ended, and what it says about noise. Returns the problem of a full disk instead of throwing it. */
export async function keepComparison(
  cwd: string,
  comparison: Comparison,
  verdict: ComparisonVerdict,
): Promise<NautilusError | null> {
  try {
    const files = {
      'report.md': renderComparison('markdown', comparison, { verdict, color: false }),
      'report.html': renderComparison('html', comparison, { verdict, color: false }),
      'junit.xml': renderComparison('junit', comparison, { verdict, color: false }),
    }
    await writeComparison(comparisonFolder(cwd, comparison.id), { comparison, files })
    const sigma = comparison.kind === 'aa' ? noiseOf(comparison) : {}
    if (Object.keys(sigma).length > 0) {
      await writeNoiseFloor(cwd, {
        profileName: comparison.a.profileName,
        comparisonId: comparison.id,
        measuredAt: comparison.startedAt,
        machineClass: machineClassOf(comparison.machine),
        roundCount: wholeRounds(comparison).length,
        sigma,
      })
    }
    return null
  } catch (error) {
    if (!(error instanceof NautilusError)) throw error
    return error
  }
}
