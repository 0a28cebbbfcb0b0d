import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import {
  type Call,
  callNautilus,
  type Desk,
  leftOf,
  makeDesk,
  removeDesk,
  testDeadlineMs,
  untilNothingIsLeft,
} from '../command-fixture.js'
import { studyReport, tunableReport } from '../report/json-schemas.js'
import { readStudy, studyFileOf } from '../results/studies.js'
import type { Study } from '../results/study.js'

vi.setConfig({ testTimeout: testDeadlineMs })

const slow = 'engines.shop.env.SLOW_MS'
const colour = 'engines.shop.env.COLOUR'
const mode = 'engines.shop.env.MODE'

/** A service of the user, which answers after as long as a variable says, and does not start where another says so. */
const service = `import { createServer } from 'node:http'
if (process.env.MODE === 'broken') throw new Error('no such mode')
const answer = (response) => setTimeout(() => response.end('ok'), Number(process.env.SLOW_MS))
createServer((_, response) => answer(response)).listen(Number(process.env.PORT), '127.0.0.1')
`

type Asked = { readonly slowMs?: number; readonly limit?: string; readonly tune?: string }

const slowRange = `${slow}: { min: 20, max: 80 }`

const profile = ({ slowMs = 70, limit = '5s', tune = `tune: { settings: { ${slowRange} } }` }: Asked = {}): string =>
  `version: 1
name: desk
engines:
  shop:
    command: [${process.execPath}, shop.mjs]
    ready: { http: / }
    env: { SLOW_MS: '${slowMs}', COLOUR: '7', MODE: plain }
load:
  scenario: http
  target: { kind: http, engine: shop }
  arrivals: { kind: constant, rate: 100/s }
  warmup: 100ms
  duration: 400ms
  timeout: 5s
  drain: 1s
sla: { endToEnd: { p95: ${limit} } }
${tune}
`

let desk: Desk
const begin = (asked: Asked = {}): void => {
  desk = makeDesk(profile(asked))
  writeFileSync(join(desk.folder, 'shop.mjs'), service)
}
beforeEach(() => begin())
afterEach(() => removeDesk(desk))

const tune = (...args: readonly string[]): Call => callNautilus(desk, ['tune', '--queue', ...args])

const studiesFolder = (): string => join(desk.folder, '.nautilus/studies')
const idsOf = (): string[] => (existsSync(studiesFolder()) ? readdirSync(studiesFolder()) : [])
const patchOf = (id: string): string => join('.nautilus/studies', id, 'best.patch.yaml')
const kept = (id: string): Promise<Study> => readStudy(studyFileOf(join(studiesFolder(), id)))

test('what makes a service quick is found, confirmed and written as a profile; what changes nothing is set back', async () => {
  removeDesk(desk)
  // Of forty answers a run the median says more than the p95.
  const withColour = `tune: { goals: [minimise endToEnd.p50], settings: { ${colour}: { min: 1, max: 1000, scale: log }, ${slowRange} } }`
  begin({ tune: withColour })
  const call = tune('-p', 'desk.yaml', '--runs', '7')
  expect({ exit: await call.ended, err: call.err() }).toMatchObject({ exit: 0 })
  const [id = ''] = idsOf()
  expect(call.err()).toContain('run 1 of 7: the profile as it is')
  expect(call.err()).toMatch(/run 7 of 7: the best so far again, .*; best so far \d.* ms; about .* left/)
  expect(call.out()).toMatch(/^IMPROVED {2}endToEnd\.p50 -\d+ % \(-\d+ \.\. -\d+ %\), [\d.]+ ms -> [\d.]+ ms/m)
  expect(call.out()).toMatch(/^engines\.shop\.env\.SLOW_MS +70 +[2-5]\d$/m)
  expect(call.out()).toMatch(/not needed: set back.*\n.*\nengines\.shop\.env\.COLOUR +7 /)
  expect(call.out()).toContain(`Use it:  nautilus bench --profile ${patchOf(id)}`)
  const patch = readFileSync(join(desk.folder, patchOf(id)), 'utf8')
  expect(patch).toMatch(/\nextends: \.\.\/\.\.\/\.\.\/desk\.yaml\nengines:\n {2}shop:\n {4}env:\n {6}SLOW_MS: "\d+"\n$/)
  const check = callNautilus(desk, ['check', patchOf(id)])
  expect(await check.ended).toBe(0)
  // All of it is in the study: asked again, it measures nothing and says the same.
  const again = tune('--resume', id, '--json')
  expect(await again.ended).toBe(0)
  const report = studyReport.parse(JSON.parse(again.out()))
  expect(report).toMatchObject({ status: 'improved', patch: patchOf(id), changes: [{ path: slow, from: '70' }] })
  expect(again.err()).not.toMatch(/run \d of|round \d/)
  const applied = tune('--resume', id, '--apply')
  expect(await applied.ended).toBe(0)
  expect(applied.out()).toMatch(/\nApplied to desk\.yaml\.\n$/)
  const before = profile({ tune: withColour })
  const [, to = ''] = /SLOW_MS: ("\d+")/.exec(patch) ?? []
  expect(readFileSync(join(desk.folder, 'desk.yaml'), 'utf8')).toBe(before.replace("'70'", to))
  expect(leftOf(desk)).toEqual([])
})

test('Ctrl-C keeps whole runs, and the study goes on as if nothing had been; not on another profile', async () => {
  const whole = tune('-p', 'desk.yaml', '--runs', '4', '--no-confirm', '--seed', '3')
  expect(await whole.ended).toBe(0)
  expect(whole.out()).toMatch(/^UNCONFIRMED {2}best so far .*SLOW_MS=/m)
  const [first = ''] = idsOf()
  const call = tune('-p', 'desk.yaml', '--runs', '4', '--no-confirm', '--seed', '3')
  await call.said('run 3 of 4')
  call.child.kill('SIGINT')
  expect(await call.ended).toBe(130)
  await untilNothingIsLeft(desk)
  const id = idsOf().find((each) => each !== first) ?? ''
  expect(call.out()).toContain(`Go on with:  nautilus tune --resume ${id}`)
  const cut = await kept(id)
  expect(cut.runs.length).toBe(2)
  writeFileSync(join(desk.folder, 'desk.yaml'), profile({ slowMs: 71 }))
  const other = tune('--resume', id)
  expect(await other.ended).toBe(2)
  expect(other.err()).toContain('engines.shop.env.SLOW_MS is "71", in the study "70"')
  writeFileSync(join(desk.folder, 'desk.yaml'), profile())
  const rest = tune('--resume', id, '--no-confirm')
  expect(await rest.ended).toBe(0)
  const [one, two] = [await kept(first), await kept(id)]
  expect(two.runs.map(({ set, seed }) => ({ set, seed }))).toEqual(one.runs.map(({ set, seed }) => ({ set, seed })))
  expect(two.runs.slice(0, 2)).toEqual(cut.runs)
})

test('settings with which the service does not start are runs without figures, and the search goes on', async () => {
  removeDesk(desk)
  begin({ tune: `tune: { settings: { ${mode}: { choices: [plain, broken] }, ${slowRange} } }` })
  const call = tune('-p', 'desk.yaml', '--runs', '6', '--no-confirm')
  expect({ exit: await call.ended, err: call.err() }).toMatchObject({ exit: 0 })
  const { runs } = await kept(idsOf()[0] ?? '')
  expect(runs.length).toBe(6)
  for (const { settings, outcome, failure } of runs) {
    expect([outcome === null, failure?.includes('shop') ?? false]).toEqual(
      settings[mode] === 'broken' ? [true, true] : [false, false],
    )
  }
  expect(runs.some(({ outcome }) => outcome === null)).toBe(true)
  expect(call.out()).toMatch(/^\d without figures: .*shop/m)
  expect(call.out()).toContain('MODE=plain')
})

test('limits that nothing meets are said to be so, with what came nearest', async () => {
  removeDesk(desk)
  begin({ limit: '15ms' })
  const call = tune('-p', 'desk.yaml', '--runs', '2')
  expect(await call.ended).toBe(1)
  expect(call.out()).toMatch(/^FAIL {2}no settings that were tried meet every limit$/m)
  expect(call.out().replaceAll(/\s+/g, ' ')).toMatch(/nearest is run \d, .*: it breaks endToEnd\.p95/)
  expect(existsSync(join(desk.folder, patchOf(idsOf()[0] ?? '')))).toBe(false)
})

test('where the profile is at its best, nothing better is found, and there is no patch', async () => {
  removeDesk(desk)
  begin({ slowMs: 20 })
  const call = tune('-p', 'desk.yaml', '--runs', '3', '--rounds', '5')
  expect({ exit: await call.ended, err: call.err() }).toMatchObject({ exit: 0 })
  expect(call.out()).toMatch(/^OK {2}nothing better found$/m)
  expect(existsSync(join(desk.folder, patchOf(idsOf()[0] ?? '')))).toBe(false)
})

test('what can be tuned is listed, and a profile that names nothing says what to write', async () => {
  removeDesk(desk)
  begin({ tune: '' })
  const call = tune('-p', 'desk.yaml')
  expect(await call.ended).toBe(2)
  expect(call.err()).toContain('profile desk.yaml names no setting under tune')
  expect(call.err()).toContain(
    'Write `tune: { settings: { engines.shop.env.POOL_SIZE: { min: 1, max: 64, scale: log } } }`',
  )
  expect(idsOf()).toEqual([])
  const empty = tune('-p', 'desk.yaml', '--list')
  expect([await empty.ended, empty.out()]).toEqual([
    0,
    'Nothing of desk has a range of its own; give settings ranges under `tune`.\n',
  ])
  const list = tune('-p', 'algo-200ms', '--list')
  expect(await list.ended).toBe(0)
  expect(list.out()).toMatch(/^ +engines\.order-gateway\.settings\.batch\.window +10ms +100us to 50ms +log$/m)
  writeFileSync(join(desk.folder, 'desk.yaml'), profile())
  const json = tune('-p', 'desk.yaml', '--list', '--json')
  expect(await json.ended).toBe(0)
  expect(tunableReport.parse(JSON.parse(json.out())).settings).toEqual([
    { path: slow, value: '70', range: '20 to 80', scale: 'linear', named: true },
  ])
})
