import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { Io } from '../core/io.js'
import { renderCapacity } from '../report/capacity.js'
import { keptSample } from '../report/html/rich-run-fixture.js'
import { reportFormats } from '../report/render.js'
import { type Capacity, capacitySchemaId, writeCapacity } from '../results/capacity.js'
import { eventually } from '../supervisor/child-fixture.js'
import { gateCommand } from './gate.js'
import { reportCommand } from './report.js'

// Kept runs as files: named by format or by extension, and opened in a browser.

let cwd = ''
beforeEach(() => {
  cwd = realpathSync(mkdtempSync(join(tmpdir(), 'report-')))
  const folder = join(cwd, '.nautilus/runs/c3d4')
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'result.json'), JSON.stringify(keptSample('risk-fail')))
})
afterEach(() => rmSync(cwd, { recursive: true, force: true }))

async function called(
  args: readonly string[],
  env: Io['env'] = {},
  make = reportCommand,
): Promise<{ out: string; err: string; exit: number[] }> {
  const said = { out: '', err: '', exit: [] as number[] }
  const io: Io = {
    out: (text) => {
      said.out += text
    },
    err: (text) => {
      said.err += text
    },
    cwd,
    env,
    terminal: false,
    color: false,
    columns: 80,
    stop: new AbortController().signal,
  }
  await make(io, (code) => said.exit.push(code)).parseAsync([...args], { from: 'user' })
  return said
}

const written = (file: string): string => readFileSync(join(cwd, file), 'utf8')

test.each([
  { file: 'r.html', begins: '<!doctype html>' },
  { file: 'r.md', begins: '## FAIL: risk p95' },
  { file: 'r.xml', begins: '<?xml version="1.0"' },
  { file: 'r.json', begins: '{\n  "schema": "nautilus.report/1"' },
  { file: 'r.hlog', begins: '#[nautilus' },
  { file: 'r.HGRM', begins: '       Value     Percentile' },
  { file: 'r.prom', begins: '# TYPE nautilus_verdict stateset' },
  { file: 'r.txt', begins: 'algo-200ms  run c3d4' },
])('the extension of $file says which report it is to hold', async ({ file, begins }) => {
  const { out, err, exit } = await called(['last', '--out', file])
  expect([out, err, exit]).toEqual(['', `wrote ${file}\n`, [0]])
  expect(written(file).startsWith(begins)).toBe(true)
})

test('the help names every format', () => {
  const io = { out: () => undefined, err: () => undefined, cwd, env: {}, terminal: false, color: false, columns: 80 }
  const help = reportCommand({ ...io, stop: new AbortController().signal }, () => undefined).helpInformation()
  const named = /--format <format>\s+([^(]*)/.exec(help)?.[1] ?? ''
  expect(named.split(/,\s+|\s+or\s+|\s+/).filter((word) => word !== '')).toEqual(reportFormats)
})

test('a format that is named is written to whatever file', async () => {
  await called(['last', '--format', 'badge', '--out', 'badge.json'])
  expect(JSON.parse(written('badge.json'))).toMatchObject({ schemaVersion: 1, label: 'algo-200ms', color: 'red' })
})

test.each([
  { args: ['--out', 'r.docx'], hint: /\.json, \.md, \.html, \.xml, \.hlog, \.hgrm, \.txt, \.prom/ },
  {
    args: ['--format', 'pdf'],
    hint: /terminal, markdown, html, junit, json, hlog, hgrm, openmetrics, bencher, benchmark-json, badge, annotations/,
  },
  { args: ['--open', '--json'], hint: /Leave one of the two out/ },
])('what is not known is answered by what is: $args', async ({ args, hint }) => {
  await expect(called(['last', ...args])).rejects.toMatchObject({ code: 'USAGE', hint: expect.stringMatching(hint) })
})

/** A desktop whose opener notes what it was given and ends like this. */
function desktop(end: number): Io['env'] {
  const bin = join(cwd, 'bin')
  mkdirSync(bin)
  for (const name of ['xdg-open', 'open']) {
    writeFileSync(join(bin, name), `#!/bin/sh\necho "$1" > "${cwd}/opened"\nexit ${end}\n`)
    chmodSync(join(bin, name), 0o755)
  }
  return { PATH: `${bin}:/usr/bin:/bin`, DISPLAY: ':0' }
}

test('--open writes the page beside the run and gives it to the opener of the desktop', async () => {
  const { err } = await called(['last', '--open'], desktop(0))
  await eventually('the page was opened', () => existsSync(join(cwd, 'opened')) && written('opened') !== '')
  const file = '.nautilus/runs/c3d4/report.html'
  expect([err, written('opened').trim()]).toEqual([`wrote ${file}\n`, join(cwd, file)])
  expect(written(file)).toMatch(/^<!doctype html>/)
})

test.each([
  { name: 'nothing can open it', env: () => desktop(3) },
  { name: 'there is no screen', env: (): Io['env'] => ({ PATH: '/usr/bin:/bin' }) },
])('where $name, --open tells where the page is', async ({ env }) => {
  const { err, exit } = await called(['last', '--open', '--out', 'page.html'], env())
  expect(exit).toEqual([0])
  expect(err).toBe('wrote page.html\nthere is no browser to open it in; open page.html\n')
})

describe('a kept search', () => {
  const kept: Capacity = {
    ...{ schema: capacitySchemaId, id: 'm-7610', nautilusVersion: '0', profileName: 'desk', unit: 'requests' },
    ...{ startedAt: '', interrupted: null, target: null, precision: 0.05, probes: [], rungs: [], status: 'none' },
    ...{ holdsPerSec: null, breaksPerSec: 100, confirmed: false, runId: null },
  }
  beforeEach(() => writeCapacity(cwd, kept))

  test('is shown again, and gated to the exit code that it had', async () => {
    const shown = renderCapacity('terminal', kept)
    expect(await called(['m-76'])).toMatchObject({ out: shown, exit: [0] })
    expect(JSON.parse((await called(['m-7610', '--json'])).out)).toEqual(kept)
    expect(await called(['m-7610'], {}, gateCommand)).toMatchObject({ out: shown, exit: [1] })
  })

  test('has no page, and says what it has', async () => {
    const refused = called(['m-7610', '--format', 'html'])
    await expect(refused).rejects.toMatchObject({ code: 'USAGE', message: 'a search has no html report' })
  })
})
