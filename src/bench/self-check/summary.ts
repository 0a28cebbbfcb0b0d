import { nsPerMs } from '../../core/units.js'
import { formatDuration } from '../../report/format.js'
import { textTable } from '../../report/text-table.js'
import type { CheckedServer, SelfCheck } from './self-check.js'

/** Above this the noise floor, and not the grain of the check, decides what is allowed. */
const fineFloorNsMax = nsPerMs

/** The self-check for a terminal: the verdict first, at most 80 columns, and what to do in the last line. */
export function selfCheckSummary(check: SelfCheck): string {
  const { floor } = check
  return [
    leadLine(check),
    `      noise floor p50 ${formatDuration(floor.p50)}, p99 ${formatDuration(floor.p99)}, max ${formatDuration(floor.max)}`,
    `      ${check.pacing}`,
    ...check.problems.map((problem) => `      null server: ${problem}`),
    ...check.servers.flatMap((server) => ['', ...serverLines(server, check.status)]),
    '',
    advice(check),
    '',
  ].join('\n')
}

function leadLine({ status, servers }: SelfCheck): string {
  const held = servers.filter(({ holds }) => holds).length
  const figures = `${held} of ${servers.length} servers reported as they were`
  if (status === 'invalid') return `INVALID  too noisy to tell; ${figures}`
  return `${status === 'pass' ? 'PASS' : 'FAIL'}  ${figures}`
}

function serverLines(
  { name, quantiles, problems, latenessNsP99, intervals, holds }: CheckedServer,
  status: SelfCheck['status'],
): string[] {
  // Whose fault it is cannot be told where the machine itself is late.
  const apart = status === 'invalid' ? '-' : 'FAIL'
  const rows = quantiles.map((quantile) => [
    `  ${quantile.name}`,
    formatDuration(quantile.trueNs),
    formatDuration(quantile.reportedNs),
    formatDuration(Math.abs(quantile.reportedNs - quantile.trueNs)),
    formatDuration(quantile.allowedNs),
    quantile.holds ? '' : apart,
  ])
  const header = ['', 'true', 'reported', 'apart', 'allowed', '']
  return [
    `${(holds ? 'PASS' : apart).padEnd(4)}  ${name}, lateness p99 ${formatDuration(latenessNsP99)}`,
    ...textTable([header, ...rows], (column) => column > 0 && column < 5),
    ...(intervals === null || intervals.calm === intervals.count ? [] : [heldUpLine(intervals)]),
    ...problems.map((problem) => `  ${problem}`),
  ]
}

const heldUpLine = ({ calm, compared, count }: NonNullable<CheckedServer['intervals']>): string =>
  compared === count
    ? `  all intervals compared: the machine held up its cores in ${count - calm} of ${count}`
    : `  ${count - calm} of ${count} intervals of 250 ms left out: the machine held up its cores`

function advice({ status, floor }: SelfCheck): string {
  if (status === 'invalid') return 'This machine is too busy to tell: end other work on it and check again.'
  if (status === 'pass' && floor.p99 <= fineFloorNsMax) return 'What nautilus reports on this machine is what was.'
  if (status === 'pass') return 'Right within twice the noise floor; end other work for a finer answer.'
  return 'Check again; if it stays so on an idle machine, please report it with this table.'
}
