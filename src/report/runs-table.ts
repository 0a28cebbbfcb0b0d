import { NautilusError } from '../core/errors.js'
import type { ProfileHistory } from '../results/history.js'
import type { KeptRun, UnreadableRun } from '../results/store.js'
import { judge, type VerdictStatus } from '../sla/verdict.js'
import { alignDecimals, formatAgo, formatBytes, formatDuration, formatRate, noFigure } from './format.js'
import { measuredSentence, measuredWord } from './headline.js'
import { jsonText } from './json.js'
import { shownQuantileNs } from './quantile.js'
import { textTable } from './text-table.js'
import { verdictWord } from './words.js'

// The list of kept runs, newest last, so that it ends above the prompt.

const runsSchemaId = 'nautilus.runs/1'

type ListedRun = {
  readonly id: string
  readonly folder: string
  readonly profileName: string
  readonly startedAt: string
  readonly status: VerdictStatus | 'unreadable'
  /** Nobody asked to judge it: its figures were all that was wanted. */
  readonly measured: boolean
  readonly exit: number
  readonly endToEndNsP95: number | null
  readonly achievedRatePerSec: number | null
  readonly faulty: boolean
  readonly problem: string | null
}

/** A kept run with its verdict; one whose limits cannot be read is listed as unreadable. */
export function judgedOrUnreadable(run: KeptRun, history: ProfileHistory): ListedRun {
  const { id, folder, result } = run
  try {
    const verdict = judge(result, { history })
    const { status, exit } = verdict
    return {
      id,
      folder,
      profileName: result.profileName,
      startedAt: result.startedAt,
      status,
      measured: measuredSentence(result, verdict) !== null,
      exit,
      endToEndNsP95: shownQuantileNs(result.endToEnd, 'p95'),
      achievedRatePerSec: result.load.achievedRatePerSec,
      faulty: Object.keys(result.faults).length > 0,
      problem: null,
    }
  } catch (error) {
    if (!(error instanceof NautilusError)) throw error
    return unreadableRun({ id, folder, problem: error.message })
  }
}

export const unreadableRun = (run: UnreadableRun): ListedRun => ({
  id: run.id,
  folder: run.folder,
  profileName: noFigure,
  startedAt: '',
  status: 'unreadable',
  measured: false,
  exit: 4,
  endToEndNsP95: null,
  achievedRatePerSec: null,
  faulty: false,
  problem: run.problem,
})

export const runsJson = (runs: readonly ListedRun[]): string => jsonText({ schema: runsSchemaId, runs })

export function runsText(runs: readonly ListedRun[], nowIso: string): string {
  if (runs.length === 0) return 'no runs are kept here; start one:  nautilus bench --profile quickstart\n'
  const p95 = alignDecimals(runs.map((run) => formatDuration(run.endToEndNsP95)))
  const rows = runs.map((run, index) => [
    run.id,
    run.profileName,
    run.startedAt === '' ? noFigure : formatAgo(run.startedAt, nowIso),
    wordOf(run),
    p95[index] ?? noFigure,
    run.achievedRatePerSec === null ? noFigure : formatRate(run.achievedRatePerSec),
    run.problem ?? (run.faulty ? 'faults on purpose' : ''),
  ])
  const title = ['run', 'profile', 'started', 'verdict', 'end to end p95', 'rate', '']
  return `${textTable([title, ...rows]).join('\n')}\n`
}

function wordOf({ status, measured }: ListedRun): string {
  if (status === 'unreadable') return status
  return measured ? measuredWord : verdictWord[status]
}

/** What `--prune` did. */
export function prunedText({
  removed,
  freedBytes,
}: {
  readonly removed: readonly string[]
  readonly freedBytes: number
}): string {
  if (removed.length === 0) return 'nothing to remove\n'
  return `removed ${removed.length}, ${formatBytes(freedBytes)}: ${removed.join(', ')}\n`
}
