import { mkdtempSync, readdirSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest'
import type { Comparison } from '../../results/comparison.js'
import type { RunResult } from '../../results/run-result.js'
import { judgeComparison } from '../../sla/comparison.js'
import { judge } from '../../sla/verdict.js'
import { eventually } from '../../supervisor/child-fixture.js'
import { environmentOf, listProcesses } from '../../supervisor/process-table.js'
import { cacheFolder } from '../../supervisor/services/cache.js'
import { canUnpackPackages } from '../../supervisor/services/debian-packages.js'
import { programFolders } from '../../supervisor/services/search.js'
import { renderComparison } from '../comparison.js'
import { renderReport } from '../render.js'
import { launchChromium } from './chromium-fixture.js'
import * as inPage from './in-page-fixture.js'
import { comparisonSample, keptSample, richRun } from './rich-run-fixture.js'

// The report as its readers meet it: opened from a file in a real Chromium, in the dark, on a phone, by keyboard, by a screen
// reader, with scripting off, and with names that would break out of it.

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'report-html-')))
let browser: Browser

// On a fresh machine the browser is unpacked first.
beforeAll(async () => {
  for (const [name, result] of Object.entries({ rich: richRun(), hostile: hostileRun() })) {
    writeFileSync(join(folder, `${name}.html`), htmlOf(result))
  }
  writeFileSync(join(folder, 'comparison.html'), comparisonHtml(comparisonSample()))
  writeFileSync(join(folder, 'hostile-comparison.html'), comparisonHtml(hostileComparison()))
  browser = await launchChromium(folder)
}, 600_000)

afterEach(async () => {
  for (const context of browser.contexts()) await context.close()
})

afterAll(async () => {
  await browser?.close()
  rmSync(folder, { recursive: true, force: true })
})

const contextOf = (result: RunResult) => ({
  nowIso: '2026-11-20T09:00:00.000Z',
  previous: keptSample('pass'),
  reference: result.id,
  folder: null,
  profile: null,
  services: 'stopped' as const,
})

const htmlOf = (result: RunResult): string =>
  renderReport('html', result, { verdict: judge(result), context: contextOf(result), color: false })

const comparisonHtml = (comparison: Comparison): string =>
  renderComparison('html', comparison, { verdict: judgeComparison(comparison), color: false })

type Opened = { readonly page: Page; readonly said: string[]; readonly asked: string[] }

async function opened(name: string, options: BrowserContextOptions = {}): Promise<Opened> {
  const context = await browser.newContext({ viewport: { width: 1100, height: 800 }, ...options })
  const page = await context.newPage()
  const said: string[] = []
  const asked: string[] = []
  page.on('console', (message) => said.push(message.text()))
  page.on('pageerror', (error) => said.push(error.message))
  page.on('request', (request) => asked.push(request.url()))
  await page.goto(`file://${join(folder, name)}.html`)
  return { page, said, asked }
}

const sections = [
  'Checks',
  'Components',
  'Functions',
  'Claims',
  'Percentiles',
  'Timeline',
  'Where the time went',
  'Slowest requests',
  'Accounting',
  'Instrument',
  'System',
  'CPU profiles',
  'Profile',
]

test('it opens from a file, asks for nothing else, and nothing in it complains', async () => {
  const { page, said, asked } = await opened('rich')
  await page.evaluate(inPage.openAll)
  await page.hover('svg[aria-labelledby="time-wide-t"]')
  expect(asked).toEqual([`file://${join(folder, 'rich')}.html`])
  expect(said).toEqual([])
})

test('the verdict is the first thing that is seen, with its figure and its limit', async () => {
  const { page } = await opened('rich')
  expect((await page.evaluate<string>(`document.querySelector('main').innerText`)).trim()).toMatch(
    /^FAIL\s+risk p95 7\.11 ms > 5 ms\s+over by 2\.11 ms\n/,
  )
  expect((await page.locator('h1').boundingBox())?.y).toBeLessThan(100)
  expect(await page.title()).toBe('FAIL algo-200ms: risk p95 7.11 ms > 5 ms over by 2.11 ms')
})

test('every section is there and headings go down one level at a time', async () => {
  const { page } = await opened('rich')
  expect(await page.locator('h2').allInnerTexts()).toEqual(sections)
  const levels = await page.evaluate<number[]>(inPage.headingLevels)
  expect(levels.filter((level, index) => level > (levels[index - 1] ?? 0) + 1)).toEqual([])
  for (const link of await page.locator('nav a').all()) {
    expect(await page.locator((await link.getAttribute('href')) ?? '#none').count()).toBe(1)
  }
})

test.each(['rich', 'comparison'])(
  'on a phone %s does not scroll sideways, and the text of its charts can be read',
  async (name) => {
    const { page } = await opened(name, { viewport: { width: 360, height: 740 } })
    await page.evaluate(inPage.openAll)
    const widths = await page.evaluate('[document.documentElement.scrollWidth, document.body.scrollWidth]')
    expect(widths).toEqual([360, 360])
    const heights = await page.evaluate<number[]>(inPage.chartTextHeights)
    expect(heights.length).toBeGreaterThan(30)
    expect(Math.min(...heights)).toBeGreaterThan(10)
  },
)

test.each(['rich', 'comparison'])(
  'light and dark of %s differ, and every text holds a contrast of 4.5 in both',
  async (name) => {
    const papers = new Set<string>()
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page } = await opened(name, { colorScheme })
      await page.evaluate(inPage.openAll)
      papers.add(await page.evaluate<string>('getComputedStyle(document.documentElement).backgroundColor'))
      const texts = await page.evaluate<{ text: string; contrast: number }[]>(inPage.contrasts)
      expect(texts.length).toBeGreaterThan(100)
      expect(texts.filter(({ contrast }) => contrast < 4.5)).toEqual([])
    }
    expect(papers.size).toBe(2)
  },
)

test('Tab reaches everything that can be used, in order, and shows where it is', async () => {
  const { page } = await opened('rich')
  const usable = await page.evaluate<number>(inPage.numberUsable)
  expect(usable).toBeGreaterThan(40)
  const reached: { order: string | undefined; outlined: boolean }[] = []
  for (let presses = 0; presses < usable; presses += 1) {
    await page.keyboard.press('Tab')
    reached.push(await page.evaluate(inPage.focused))
  }
  expect(reached.map(({ order }) => order)).toEqual(Array.from({ length: usable }, (_, index) => String(index)))
  expect(reached.filter(({ outlined }) => !outlined)).toEqual([])
})

test('by keyboard a slider reads out the rows of a chart and moves its cursor', async () => {
  const { page } = await opened('rich')
  const slider = page.getByRole('slider', { name: 'Read the window at' })
  await slider.focus()
  const first = await slider.getAttribute('aria-valuetext')
  await page.keyboard.press('End')
  expect(first).toMatch(/^from 0 s, samples 238, /)
  expect(await slider.getAttribute('aria-valuetext')).toMatch(/^from 5\.75 s, samples \d+, without answer \d+, rate /)
  expect(await page.locator('svg[aria-labelledby="time-wide-t"] .cursor.on').count()).toBe(1)
})

test('a screen reader is told the landmarks, each chart by its name and what it shows, and each table by its caption', async () => {
  const { page } = await opened('rich')
  const snapshot = await page.locator('body').ariaSnapshot()
  for (const said of [
    '- main:',
    '- navigation "Sections":',
    '- contentinfo:',
    '- heading "FAIL risk p95 7.11 ms > 5 ms over by 2.11 ms" [level=1]',
    '- img "Latency by percentile, end to end"',
    '- img "Latency by percentile, order-placement"',
    '- img "Latency over the window"',
    '- img "Rate over the window"',
    '- img "Where the time of the p95..p99 band went"',
    '- img "The 20 slowest requests"',
    '- table "The worst first.',
  ]) {
    expect(snapshot).toContain(said)
  }
  const { charts, twice } = await page.evaluate<ChartNames>(inPage.chartNames)
  expect(charts.length).toBeGreaterThan(10)
  expect(charts.filter(({ name, description }) => name === '' || description === '')).toEqual([])
  expect(twice).toEqual([])
  expect(await page.locator('table:not(:has(caption))').count()).toBe(0)
  expect(await page.locator('th:not([scope])').count()).toBe(0)
})

test('with scripting off all of it can be read', async () => {
  const { page, said } = await opened('rich', { javaScriptEnabled: false })
  expect(await page.locator('h2').allInnerTexts()).toEqual(sections)
  await page.getByText('Figures: the window by interval').click()
  expect(await page.getByText('5.75 s', { exact: true }).isVisible()).toBe(true)
  expect(await page.locator('input').count()).toBe(0)
  expect(said).toEqual([])
})

type ChartNames = {
  readonly charts: readonly { readonly name: string; readonly description: string }[]
  readonly twice: readonly string[]
}

const attack = `</title></text></script><script>window.hit=1</script><img src=x onerror="window.hit=1">"'><svg onload=window.hit=1>\u202e`

/** Names and reasons as somebody would write them who wants to break out. */
function hostileRun(): RunResult {
  const rich = richRun()
  return {
    ...rich,
    profileName: attack,
    profile: {
      ...rich.profile,
      name: attack,
      sla: { endToEnd: { p95: '1ms' }, budget: { [attack]: { p95: '1ms', of: ['x'] } } },
      components: [{ case: attack, p95: '1ms' }],
      claims: [{ id: attack, compare: [attack], claimed: { after: '1ms' } }],
    },
    interrupted: attack,
    components: rich.components.map((series, index) => ({ ...series, name: index === 0 ? attack : series.name })),
    cases: rich.cases.map((timed, index) => (index === 0 ? { ...timed, name: attack, of: attack } : timed)),
    accounting: { ...rich.accounting, reasons: { [attack]: 1 } },
    load: { ...rich.load, source: attack, unit: attack, arrivals: attack, target: attack },
    phases: rich.phases.map((phase) => ({ ...phase, name: attack })),
    slowest: rich.slowest.map((request) => ({
      ...request,
      ending: attack,
      parts: request.parts.map((part) => ({ ...part, stage: attack })),
    })),
    activity: rich.activity.map((activity) => ({ ...activity, process: attack })),
    cpuProfiles: [
      { process: attack, file: `javascript:window.hit=1//${attack}` },
      { process: 'sender', file: '//elsewhere.example/x' },
    ],
    fidelity: { ...rich.fidelity, status: 'degraded', reasons: [attack], pacing: attack },
    faults: { [attack]: [attack] },
    startedAt: attack,
  }
}

function hostileComparison(): Comparison {
  const sample = comparisonSample()
  return {
    ...sample,
    interrupted: attack,
    a: { ...sample.a, profileName: attack, label: attack, faults: { [attack]: [attack] } },
    rounds: sample.rounds.map((round) => ({ ...round, b: { ...round.b, runId: attack, failure: null } })),
    machine: { ...sample.machine, cpuModel: attack, governor: attack },
  }
}

test.each(['comparison', 'hostile-comparison'])(
  '%s shows the verdict, the metrics and the pairs of each round',
  async (name) => {
    const { page, said, asked } = await opened(name)
    await page.evaluate(inPage.openAll)
    expect(await page.locator('h2').allInnerTexts()).toEqual(['Metrics', 'Rounds', 'Runs', 'Machine'])
    expect(await page.locator('h1').textContent()).toMatch(/^(REGRESSED endToEnd\.p95 \+2\d %|INTERRUPTED)/)
    const first = page.getByRole('img', { name: 'endToEnd.p95 of A and B by round' })
    expect([await first.locator('circle').count(), await first.locator('rect').count()]).toEqual([7, 7])
    expect(await page.evaluate(inPage.traces)).toEqual({ hit: false, images: 0, scripts: 1, handlers: 0, links: 0 })
    expect([said, asked.length]).toEqual([[], 1])
  },
)

test('hostile names are shown as they are written and do nothing', async () => {
  const { page, said, asked } = await opened('hostile')
  await page.evaluate(inPage.openAll)
  const found = await page.evaluate(inPage.traces)
  expect(found).toEqual({ hit: false, images: 0, scripts: 1, handlers: 0, links: 0 })
  expect(await page.locator('.run strong').textContent()).toBe(attack.replace('\u202e', ''))
  expect(await page.locator('h2').allInnerTexts()).toEqual(sections)
  expect([said, asked.length]).toEqual([[], 1])
})

test('what the policy does not name is not run, were it ever to get into the page', async () => {
  const { page } = await opened('rich')
  await page.evaluate(inPage.injectScript)
  expect(await page.evaluate(`'hit' in window`)).toBe(false)
})

test('the report of ten minutes stays below a mebibyte', () => {
  expect(htmlOf(richRun({ seconds: 600 })).length).toBeLessThan(1024 ** 2)
})

test.each(['pass', 'hang', 'invalid', 'no-data', 'interrupted', 'store-disagrees'])(
  'the report of %s leads with its verdict',
  (name) => {
    const text = htmlOf(keptSample(name))
    const word = /<span class="word">([^<]*)</.exec(text)?.[1]
    expect(word).toBe(
      {
        pass: 'PASS',
        hang: 'FAIL',
        invalid: 'INVALID',
        'no-data': 'NO DATA',
        interrupted: 'INTERRUPTED',
        'store-disagrees': 'FAIL',
      }[name],
    )
    expect(text).not.toMatch(/NaN|undefined|Infinity|\[object/)
  },
)

test('a closed loop that nobody asked to judge shows its throughput and its service times', () => {
  const run = keptSample('pass')
  const none = { ...run.endToEnd, over: [], histogram: [], summary: { ...run.endToEnd.summary, count: 0 } }
  const text = htmlOf({
    ...run,
    ...{ profile: {}, store: null, components: [], attribution: null, service: run.endToEnd },
    endToEnd: { ...none, intervals: run.endToEnd.intervals.map((interval) => ({ ...interval, count: 0 })) },
    load: { ...run.load, loop: 'closed', scenario: 'http', target: 'GET http://127.0.0.1/', achievedRatePerSec: 2_264 },
  })
  expect(text).toContain('<span class="word">MEASURED</span> <span class="sentence">2,264/s completed</span>')
  expect(text).toContain('Service times by the time of the send.')
  expect(text.match(/<svg role="img"/g)?.length).toBe(6)
  expect(text).not.toMatch(/NaN|undefined|Infinity|\[object/)
})

test('a machine without a Chromium on PATH gets one into its cache, which opens the page too, or is told what to do', {
  timeout: 600_000,
}, async () => {
  const bare = { named: undefined, folders: [] }
  if (!(await canUnpackPackages(programFolders()))) {
    const cache = join(folder, 'no-cache')
    await expect(launchChromium(folder, { ...bare, cache })).rejects.toThrow('name one by CHROMIUM_PATH')
    return
  }
  const unpacked = await launchChromium(folder, { ...bare, cache: cacheFolder() })
  const page = await unpacked.newPage()
  await page.goto(`file://${join(folder, 'rich')}.html`)
  expect(await page.title()).toMatch(/^FAIL algo-200ms/)
  // Without a font of its own no word would have a width.
  expect((await page.locator('h1 .word').boundingBox())?.width).toBeGreaterThan(20)
  await unpacked.close()
})

test('a closed browser leaves no process and no folder', async () => {
  await browser.close()
  const left = () => listProcesses().filter(({ pid }) => environmentOf(pid).some((line) => line.includes(folder)))
  await eventually(
    () => `no browser is left, but ${left().length} processes are`,
    () => left().length === 0,
    30_000,
  )
  expect(readdirSync(folder).filter((name) => /playwright|chrom|Crash/i.test(name))).toEqual([])
}, 60_000)
