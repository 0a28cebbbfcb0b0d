import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { packageRoot } from '../core/paths.js'
import { type RunResult, runResult } from '../results/run-result.js'
import { judge } from '../sla/verdict.js'
import { renderReport, reportFiles, reportFormats } from './render.js'
import type { ReportContext } from './words.js'

const sampleNames = [
  'pass',
  'risk-fail',
  'hang',
  'invalid',
  'no-data',
  'interrupted',
  'store-disagrees',
  'inconclusive',
] as const

const sample = (name: string): RunResult =>
  runResult.parse(JSON.parse(readFileSync(join(packageRoot(), 'fixtures/results', `${name}.json`), 'utf8')))

const contextOf = (result: RunResult, change: Partial<ReportContext> = {}): ReportContext => ({
  nowIso: '2026-11-20T09:00:00.000Z',
  previous: sample('pass'),
  reference: result.id,
  folder: `.nautilus/runs/${result.id}`,
  profile: null,
  services: 'stopped',
  ...change,
})

const rendered = (format: (typeof reportFormats)[number], result: RunResult, change: Partial<ReportContext> = {}) =>
  renderReport(format, result, { verdict: judge(result), context: contextOf(result, change), color: false })

test.each(sampleNames)('the terminal summary of %s', (name) => {
  expect(rendered('terminal', sample(name))).toMatchSnapshot()
})

test.each(['pass', 'risk-fail', 'hang', 'invalid', 'inconclusive'] as const)('the Markdown of %s', (name) => {
  expect(rendered('markdown', sample(name))).toMatchSnapshot()
})

test.each(sampleNames)('the JUnit file of %s', (name) => {
  expect(rendered('junit', sample(name))).toMatchSnapshot()
})

test('the line below the header names the worst finding with its component, its p95 and its budget', () => {
  const lines = rendered('terminal', sample('risk-fail')).split('\n')
  expect(lines[1]).toBe('FAIL  risk p95 7.11 ms > 5 ms  over by 2.11 ms')
})

const withSla = (name: string, sla: unknown): RunResult => ({
  ...sample(name),
  profile: { ...sample(name).profile, sla },
})

test('a p99.9 that its samples cannot carry is not shown, and what would decide it is said', () => {
  const lines = rendered('terminal', withSla('no-data', { endToEnd: { 'p99.9': '200ms' } })).split('\n')
  expect(lines[1]).toMatch(/^INCONCLUSIVE {2}end to end p99\.9 -, limit 200 ms: too few samples \(effective/)
  expect(lines.slice(1, 4).join(' ')).toMatch(/run \d+ s\s+longer, or --runs 5/)
  expect(lines.at(-2)).toMatch(/^Decide it: {2}nautilus bench --profile algo-200ms --set load\.duration=\d+s$/)
})

test('a limit over a window says since when and for how long it was exceeded, and how near it came where not', () => {
  const sla = { endToEnd: {}, windows: ['endToEnd p95 > 200ms for 1s'] }
  expect(rendered('terminal', withSla('hang', sla)).split('\n')[1]).toBe(
    'FAIL  end to end p95 > 200 ms for 1 s  began at 0 ms, lasted 2 s',
  )
  expect(rendered('markdown', withSla('pass', sla))).toContain(
    'end to end p95 never &#62; 200 ms for 1 s  at most 0 % of a span, 5 % allowed',
  )
})

test('what only warns says so, and is no failure of JUnit', () => {
  const budget = { risk: { p95: '5ms', of: ['risk'], critical: false } }
  const result = withSla('risk-fail', { endToEnd: { p95: '200ms' }, budget })
  expect(rendered('terminal', result)).toMatch(/^WARN {2}risk p95 7\.11 ms > 5 ms/m)
  const junit = rendered('junit', result)
  expect(junit).toContain('failures="0" errors="0" skipped="1"')
  expect(junit).toContain('<skipped message="warning: risk p95 7.11 ms &gt; 5 ms')
})

test('a figure below half of what earlier runs had is told beside the verdict', () => {
  const result = sample('pass')
  const metrics = { 'endToEnd.p95': 3 * result.endToEnd.summary.p95Ns }
  const verdict = judge(result, { history: { entries: Array.from({ length: 5 }, () => ({ metrics })) } })
  const shown = { verdict, context: contextOf(result), color: false }
  expect(renderReport('terminal', result, shown)).toContain('suspect: endToEnd.p95 below half of what earlier runs had')
})

test('a run that is not whole is repeated by the profile as it was named', () => {
  const shown = (profile: string | null) => rendered('terminal', sample('interrupted'), { profile })
  expect(shown('./desk/algo.yaml')).toContain('nautilus bench --profile ./desk/algo.yaml\n')
  expect(shown(null)).toContain('nautilus bench --profile algo-200ms\n')
})

test('a cut run that is invalid too is told to run again, not to send less', () => {
  const cut: RunResult = { ...sample('invalid'), interrupted: 'SIGINT' }
  expect(rendered('terminal', cut)).toContain('Run it again:  nautilus bench')
  const { accounting } = sample('invalid')
  const empty = { ...sample('invalid'), accounting: { ...accounting, planned: 0 } }
  expect(rendered('terminal', empty)).toContain('Run again for longer, or at a higher rate.')
})

test('what is known of requests that timed out is told where none has failed', () => {
  const result = sample('pass')
  const accounting = { ...result.accounting, failed: 0, timedOut: 3, reasons: { 'messages without a usable "id"': 3 } }
  expect(rendered('terminal', { ...result, accounting })).toContain('reasons     3 messages without a usable "id"')
})

test('reasons that have no room end in a sign that some are missing', () => {
  const { fidelity, ...result } = sample('invalid')
  const reasons = Array.from({ length: 9 }, (_, index) => `reason ${index} is 30 % of the window`)
  const shown = rendered('terminal', { ...result, fidelity: { ...fidelity, reasons } })
  expect(shown).toMatch(/^INVALID {2}no verdict: reason 0 .*\n.*\n.* \.\.\.$/m)
})

test('orders that nobody reported on are told beside the others', () => {
  const result = sample('pass')
  const shown = (unreported: number): string => {
    const store = result.store === null ? null : { ...result.store, orders: { ...result.store.orders, unreported } }
    return rendered('terminal', { ...result, store })
  }
  expect(shown(0)).not.toContain('without a report')
  expect(shown(1_204)).toMatch(/ orders and 1,204 without a report, [0-9,]+ reports,/)
})

test('a server that runs elsewhere is not said to be stopped', () => {
  const result = sample('pass')
  const elsewhere = (count: number): RunResult => ({
    ...result,
    services: result.services.map((service, index) => (index < count ? { ...service, origin: 'url' } : service)),
  })
  const lineOf = (shown: RunResult): string | undefined =>
    rendered('terminal', shown)
      .split('\n')
      .find((line) => line.startsWith('services'))
  expect(lineOf(elsewhere(1))).toMatch(/\(url\), .*, store stopped$/)
  expect(lineOf(elsewhere(2))).toMatch(/\(url\)$/)
})

/** A profile that a person would hardly write: long names, many components, figures of every size. */
function crowded(): RunResult {
  const result = sample('risk-fail')
  const [bus] = result.components
  if (bus === undefined) throw new Error('the sample has components')
  const names = Array.from({ length: 30 }, (_, index) => `component-with-a-long-name-${index}`)
  const summary = { ...bus.summary, p50Ns: 870, p95Ns: 1_234_567_000_000, p99Ns: 9_999_999_000_000 }
  const limits = { p50: '1ns', p95: '2ms', p99: '3ms', 'p99.9': '4ms', max: '5ms' }
  const over = [1, 2e6, 3e6, 4e6, 5e6].map((limitNs) => ({ limitNs, count: bus.summary.count }))
  return {
    ...result,
    profileName: 'a-profile-with-a-name-of-more-than-fifty-characters-in-all',
    profile: {
      sla: {
        endToEnd: { p95: '1ms' },
        budget: Object.fromEntries(names.map((name) => [name, { ...limits, of: ['x'] }])),
      },
    },
    components: names.map((name) => ({ ...bus, name, summary, over })),
    accounting: {
      ...result.accounting,
      planned: 123_456_789_012,
      traded: 123_456_789_012,
      failed: 3,
      duplicates: 12,
      late: 9,
      reasons: { [`a reason ${'that goes on '.repeat(20)}`]: 3 },
    },
    fidelity: { ...result.fidelity, status: 'degraded', reasons: ['one reason of many '.repeat(30)] },
    interrupted: `engine risk exited with code 1: ${'x'.repeat(300)}`,
    services: Array.from({ length: 9 }, (_, index) => ({
      name: `bus-${index}`,
      kind: 'redis' as const,
      version: `7.0.${index}`,
      origin: 'cache' as const,
    })),
  }
}

test.each([...sampleNames.map((name) => [name, sample(name)] as const), ['a crowded run', crowded()] as const])(
  'the terminal summary of %s fits 80 columns and 40 lines',
  (_, result) => {
    const lines = rendered('terminal', result).trimEnd().split('\n')
    expect(lines.filter((line) => line.length > 80)).toEqual([])
    expect(lines.length).toBeLessThanOrEqual(40)
  },
)

test('colour adds codes and changes no word', () => {
  const result = sample('hang')
  const shown = { verdict: judge(result), context: contextOf(result) }
  const plain = renderReport('terminal', result, { ...shown, color: false })
  const coloured = renderReport('terminal', result, { ...shown, color: true })
  expect(coloured).toContain('\u001b[31mFAIL\u001b[39m')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: the codes are what is looked for.
  expect(coloured.replaceAll(/\u001b\[\d+m/g, '')).toBe(plain)
})

test.each([...sampleNames.map((name) => [name, sample(name)] as const), ['a crowded run', crowded()] as const])(
  'the JUnit file of %s is well-formed, agrees with its counts, and gives no latency as a time',
  (_, result) => {
    const hostile = { ...result, profileName: `p"<&'>\u0007\n${'x'.repeat(10)}` }
    const xml = rendered('junit', hostile)
    const elements = parseXml(xml)
    const count = (name: string) => elements.filter((element) => element === name).length
    expect(xml).toContain(`tests="${count('testcase')}" failures="${count('failure')}" errors="${count('error')}"`)
    expect(xml).not.toMatch(/\stime=/)
  },
)

test('the names of JUnit cases stay the same from run to run', () => {
  const names = (name: string) =>
    [...rendered('junit', sample(name)).matchAll(/classname="[^"]*" name="[^"]*"/g)].map(String)
  for (const name of sampleNames) expect(names(name)).toEqual(names('pass'))
  expect(names('pass')).toContain('classname="nautilus.algo-200ms.risk" name="p95 within limit"')
})

test('what has no data is an error of JUnit, and a partial run has no passing limits', () => {
  expect(rendered('junit', sample('no-data'))).toContain(
    '<error type="no-data" message="risk p95  no samples, limit 5 ms (sla',
  )
  expect(rendered('junit', sample('interrupted'))).not.toMatch(/name="p95 within limit"\/>/)
})

test('Markdown begins with the verdict and stays far below the limit of a comment', () => {
  for (const result of [...sampleNames.map(sample), crowded()]) {
    const text = rendered('markdown', result)
    expect(text).toMatch(/^## (PASS|FAIL|INCONCLUSIVE|NO DATA|INVALID|INTERRUPTED): /)
    expect(text.length).toBeLessThan(64 * 1024)
  }
})

test('Markdown shows names as they stand', () => {
  const text = rendered('markdown', { ...sample('pass'), profileName: '<img src=x>|*a*_b_' })
  expect(text).not.toContain('<img')
  expect(text).toContain('&#60;img src=x&#62;\\|&#42;a&#42;&#95;b&#95;')
})

test('the JSON report carries its schema, the verdict and the whole result', () => {
  const result = sample('risk-fail')
  const json = JSON.parse(rendered('json', result))
  expect([json.schema, json.verdict.status, json.verdict.exit]).toEqual(['nautilus.report/1', 'fail', 1])
  expect(runResult.parse(json.result)).toEqual(result)
})

test('without an earlier run, services or a store the summary leaves their lines out', () => {
  const text = rendered(
    'terminal',
    { ...sample('pass'), services: [], store: null },
    { previous: null, services: null },
  )
  expect(text).not.toMatch(/^(last run|services|postgresql)/m)
})

test('no format shows the password of a URL, wherever it stands', () => {
  const url = 'redis://user:h0rse_*battery&c@10.0.0.1:6379/0?token=staple-9'
  const result: RunResult = {
    ...sample('store-disagrees'),
    profile: { ...sample('pass').profile, services: { bus: { kind: 'redis', url } } },
    load: { ...sample('pass').load, source: `replay of ${url}` },
    interrupted: `service bus: ${url} refused`,
  }
  const store = result.store === null ? null : { ...result.store, problem: `${url} closed the connection` }
  const shown = { verdict: judge({ ...result, store }), context: contextOf(result) }
  const texts = [
    ...reportFormats.map((format) => renderReport(format, { ...result, store }, { ...shown, color: true })),
    ...Object.values(reportFiles({ ...result, store }, shown)),
  ]
  for (const text of texts) expect(text).not.toMatch(/h0rse|battery|staple/)
})

/** Reads a document strictly and returns its element names in order; throws where it is not well-formed. */
function parseXml(xml: string): string[] {
  const names: string[] = []
  const open: string[] = []
  const attribute = '\\s+[\\w:-]+="(?:[^<&"\\u0000-\\u001f]|&(?:amp|lt|gt|quot|apos|#\\d+);)*"'
  const token = new RegExp(
    `<\\?xml[^?]*\\?>|<(?<name>[\\w:-]+)(?:${attribute})*\\s*(?<empty>/?)>|</(?<end>[\\w:-]+)>|\\s+`,
    'y',
  )
  while (token.lastIndex < xml.length) {
    const at = token.lastIndex
    const match = token.exec(xml)
    if (match === null) throw new Error(`not well-formed at ${xml.slice(at, at + 80)}`)
    const { name, empty, end } = match.groups ?? {}
    if (name !== undefined) names.push(name)
    if (name !== undefined && empty === '') open.push(name)
    if (end !== undefined && open.pop() !== end) throw new Error(`</${end}> closes another element`)
  }
  if (open.length > 0) throw new Error(`${open.join(', ')} not closed`)
  return names
}
