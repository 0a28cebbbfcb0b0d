import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { loadProfile } from './load.js'
import { patchText } from './tune-patch.js'

let cwd = ''
beforeEach(() => {
  cwd = mkdtempSync(join(tmpdir(), 'nautilus-patch-'))
})
afterEach(() => rmSync(cwd, { recursive: true, force: true }))

const env = { TOKEN: 'hunter2hunter2' }

test('a patch holds the changed settings alone and is a profile by itself, with what it extends', () => {
  writeFileSync(
    join(cwd, 'desk.yaml'),
    `version: 1
name: desk
engines:
  shop: { command: [node, shop.mjs, --threads, '4', --token, '\${TOKEN}'], env: { POOL: '8', MODE: fast } }
load: { scenario: http, target: { kind: http, engine: shop }, arrivals: { kind: constant, rate: 10/s } }
sla: { endToEnd: { p95: 1s } }
`,
  )
  const folder = join(cwd, '.nautilus/studies/t-1')
  mkdirSync(folder, { recursive: true })
  const set = ['engines.shop.env.POOL="16"', 'engines.shop.command[3]="2"', 'engines.shop.env.MODE=safe']
  const text = patchText(loadProfile('./desk.yaml', { cwd, env }), { set, folder, comment: ['one', 'two'] })
  expect(text).toBe(`# one
# two

version: 1
extends: ../../../desk.yaml
engines:
  shop:
    env:
      POOL: "16"
      MODE: safe
    command:
      - node
      - shop.mjs
      - --threads
      - "2"
      - --token
      - \${TOKEN}
`)
  writeFileSync(join(folder, 'best.patch.yaml'), text)
  const patched = loadProfile('.nautilus/studies/t-1/best.patch.yaml', { cwd, env })
  expect(patched.config).toEqual(loadProfile('./desk.yaml', { cwd, env, set }).config)
})

test('a shipped profile is extended by its name', () => {
  const profile = loadProfile('algo-200ms', { cwd, env: {} })
  const set = ['engines.order-gateway.settings.batch.window=2.5ms']
  const text = patchText(profile, { set, folder: cwd, comment: [] })
  expect(text).toContain('extends: algo-200ms\n')
  writeFileSync(join(cwd, 'best.yaml'), text)
  expect(loadProfile('./best.yaml', { cwd, env: {} }).config).toEqual(
    loadProfile('algo-200ms', { cwd, env: {}, set }).config,
  )
})
