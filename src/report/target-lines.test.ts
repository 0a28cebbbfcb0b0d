import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { packageRoot } from '../core/paths.js'
import { type RunResult, runResult } from '../results/run-result.js'
import { judge } from '../sla/verdict.js'
import { formatLimit } from './format.js'
import { verdictText } from './gate.js'
import { renderReport } from './render.js'
import { judgedOrUnreadable, runsText } from './runs-table.js'
import type { ReportContext } from './words.js'

// A kept run as if it had been one of a plain target: the figures are real, their meaning is not.

const kept = runResult.parse(JSON.parse(readFileSync(join(packageRoot(), 'fixtures/results/pass.json'), 'utf8')))
const { traded, noTrade, rejected } = kept.accounting

type Changes = { readonly load?: Partial<RunResult['load']>; readonly accounting?: Partial<RunResult['accounting']> }

const plain = ({ load, accounting }: Changes = {}, others: Partial<RunResult> = {}): RunResult => ({
  ...kept,
  profileName: '127.0.0.1-3000',
  quickCommand: 'nautilus load http://127.0.0.1:3000/',
  profile: { sla: { endToEnd: {} } },
  load: {
    ...{ ...kept.load, scenario: 'http', unit: 'requests', target: 'GET http://127.0.0.1:3000/', connections: 10 },
    ...load,
  },
  accounting: {
    ...{ ...kept.accounting, traded: 0, noTrade: 0, rejected: 0, completed: traded + noTrade + rejected },
    ...accounting,
  },
  service: { ...kept.endToEnd, name: 'service' },
  components: [],
  store: null,
  services: [],
  ...others,
})

const context: ReportContext = {
  nowIso: kept.startedAt,
  previous: null,
  reference: kept.id,
  folder: `.nautilus/runs/${kept.id}`,
  profile: null,
  services: null,
}
const shown = (result: RunResult, format: 'terminal' | 'markdown' | 'html' = 'terminal'): string =>
  renderReport(format, result, { verdict: judge(result), context, color: false })

test('a load without a limit shows its percentiles, what completed, and how it is judged', () => {
  const text = shown(plain())
  const lines = text.split('\n')
  expect(lines.length).toBeLessThanOrEqual(40)
  expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80)
  expect(text).not.toContain('NO DATA')
  expect(text).toMatch(/^ +p50 +p90 +p95 +p99 +p99.9 +max$/m)
  expect(text).toMatch(/^response +[\d.]+ +[mu]s/m)
  expect(text).toMatch(/^service +[\d.]+ +[mu]s/m)
  expect(text).toMatch(/planned = [\d,]+ completed \+ 0 failed \+ 0 timed out$/m)
  expect(text).toContain('target      GET http://127.0.0.1:3000/, 10 connections')
  expect(text).toMatch(/Judge it: {2}nautilus load http:\/\/127\.0\.0\.1:3000\/ --limit 'p95<(1|2|5)0*ms'\n$/)
})

test.each(['markdown', 'html'] as const)('the %s of a load without a limit leads with what was measured', (format) => {
  const text = shown(plain(), format)
  expect(text).toMatch(/MEASURED\W.*p95 [\d.]+ ms, p99 [\d.]+ ms/)
  expect(text).not.toContain('NO DATA')
})

test('what failed is told before anything else is advised', () => {
  const failed = { completed: kept.accounting.planned - 12, failed: 12, reasons: { 'status 503': 10, other: 2 } }
  const text = shown(plain({ accounting: failed }))
  expect(text).toContain(`12 of 6,000 requests failed or had no answer in time, most: status 503.`)
  expect(text).toContain(`Look at:  nautilus report ${kept.id} --open`)
})

test.each(['terminal', 'markdown', 'html'] as const)(
  '%s says where the response time of what failed comes from',
  (format) => {
    const failed = { completed: kept.accounting.planned - 12, failed: 12, reasons: { 'status 500': 12 } }
    const { timeoutNs } = plain().load
    const told = `failed ones count as the timeout, ${formatLimit(timeoutNs)}`
    expect(shown(plain({ accounting: failed }), format).replaceAll(/\s+/g, ' ')).toContain(told)
    expect(shown(plain(), format)).not.toContain('count as the timeout')
    const dropped = { completed: kept.accounting.planned - 12, dropped: 12 }
    const silent = shown(plain({ accounting: dropped }), format).replaceAll(/\s+/g, ' ')
    expect(silent).toContain('those without an answer count as the timeout')
  },
)

test('a load without a limit is gated with the exit code of the load and the words that fit, and listed as measured', () => {
  const result = plain()
  const verdict = judge(result)
  const text = verdictText(result, verdict, { json: false, color: false })
  expect(text.replaceAll(/\s+/g, ' ')).toContain('MEASURED 127.0.0.1-3000 run ')
  expect(text.replaceAll(/\s+/g, ' ')).toContain('sets no limit, so there is nothing to judge')
  expect([verdict.exit, /exit 0\n$/.test(text), text.includes('NO DATA')]).toEqual([0, true, false])
  for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(80)
  const listed = judgedOrUnreadable(
    { id: kept.id, folder: '', result },
    { profileName: '', machineClass: '', entries: [] },
  )
  expect(runsText([listed], kept.startedAt)).toContain('MEASURED')
})

test('a server that tells more time than its answers took is named as that, and no stamp is called wrong', () => {
  const overrun = plain({}, { fidelity: { ...kept.fidelity, serverOverruns: 720 } })
  const text = shown(overrun).replaceAll(/\s+/g, ' ')
  expect(text).toContain('Server-Timing above the time of 720 answers')
  expect(text).not.toContain('negative differences')
  expect(shown(overrun, 'markdown')).toMatch(/\| Server-Timing above the time of answers +\| 720/)
  expect(shown(plain(), 'markdown')).not.toContain('Server-Timing above')
})

test('a load of which nothing completed was not measured', () => {
  const { planned } = kept.accounting
  const result = plain({ accounting: { completed: 0, failed: planned, reasons: { 'status 500': planned } } })
  expect(shown(result, 'markdown')).toContain('## NO DATA: none of 6,000 requests completed')
  const listed = judgedOrUnreadable(
    { id: kept.id, folder: '', result },
    { profileName: '', machineClass: '', entries: [] },
  )
  expect(runsText([listed], kept.startedAt)).toContain('NO DATA')
})

test('a limit of the command line is named as it was written there', () => {
  const sla = {
    endToEnd: { p95: '20ms' },
    checks: [
      { metric: 'errors.rate', max: '1%' },
      { metric: 'throughput', min: '1/s' },
    ],
  }
  const accounting = { completed: kept.accounting.planned - 600, failed: 600, reasons: { 'status 500': 600 } }
  const { profile } = plain()
  const result = plain({ accounting }, { profile: { ...profile, sla } })
  expect(shown(result)).toContain("outside its bound (--limit 'errors<1%'):")
  const gated = verdictText(result, judge(result), { json: false, color: false })
  for (const limit of ["(--limit 'p95<20ms')", "(--limit 'errors<1%')", "(--limit 'rate>1/s')"]) {
    expect(gated.replaceAll(/\s+/g, ' ')).toContain(limit)
  }
  expect(shown(result, 'markdown')).not.toContain('sla.')
  expect(shown(result)).not.toContain('sla.')
})

test('a closed loop has no response times, and leads to a load that has', () => {
  const load = { loop: 'closed', arrivals: 'closed loop of 4 users', achievedRatePerSec: 25_031 } as const
  const text = shown(plain({ load }))
  expect(text).toMatch(/^127\.0\.0\.1-3000 {2}run \w+ {2}6 s, closed loop of 4 users/)
  expect(text).not.toMatch(/^response/m)
  expect(text).toContain('throughput  25,031/s completed, closed loop of 4 users')
  expect(text).toContain('nautilus load http://127.0.0.1:3000/ --rate 13000/s')
})

test('the library that carried the requests is named, and Markdown holds the percentiles', () => {
  const { fidelity } = kept
  const result = plain({}, { fidelity: { ...fidelity, libraryPath: 'undici (TLS)' } })
  expect(shown(result)).toContain('library     undici (TLS)')
  expect(shown(result, 'markdown')).toContain('| time | p50 | p90 | p95 | p99 | p99.9 | max |')
  expect(shown(result, 'markdown')).toContain('| library path | undici (TLS) |')
})

test('a shipped system has its components in their place', () => {
  expect(shown(kept)).not.toMatch(/^throughput/m)
  expect(shown(kept, 'markdown')).not.toContain('| time | p50')
})
