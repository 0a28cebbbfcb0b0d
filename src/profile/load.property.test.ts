import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, expect, test, vi } from 'vitest'
import { packageRoot } from '../core/paths.js'
import { examineProfile } from './load.js'
import { checkedJson } from './report.js'

// Six hundred profiles: six seconds on two calm cores.
vi.setConfig({ testTimeout: 120_000 })

const folder = mkdtempSync(join(tmpdir(), 'nautilus-profile-'))
afterAll(() => rmSync(folder, { recursive: true }))

const sound = readFileSync(join(packageRoot(), 'profiles/algo-200ms.yaml'), 'utf8')
const pieces = [
  '{}',
  '[]',
  'null',
  '-1',
  '"',
  ': ',
  '&a ',
  '*a',
  `\${A}`,
  '0',
  '1e999',
  'true',
  '\n',
  '  ',
  '\t',
  '- ',
  'kind',
  '~',
]

/** An edit of a sound profile: at a place, some characters go and a piece comes in. */
const edit = fc.record({
  at: fc.nat({ max: sound.length }),
  removed: fc.nat({ max: 20 }),
  piece: fc.oneof(fc.constantFrom(...pieces), fc.string({ maxLength: 5 })),
})

const places = /^profile (?:desk\.yaml:\d+:\d+|--set .*?) {2,}\S|^\d+ problems?\. Nothing was started\.$/

test('whatever is written, the answer is a profile or a list of problems with places', () => {
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 4 }), (edits) => {
      let text = sound
      for (const { at, removed, piece } of edits) text = text.slice(0, at) + piece + text.slice(at + removed)
      const file = join(folder, 'desk.yaml')
      writeFileSync(file, text)
      const examined = examineProfile(file, { cwd: folder, env: { A: 'value-of-a' } })
      expect(() => JSON.stringify(checkedJson(examined, folder))).not.toThrow()
      if (examined.profile !== null) return
      for (const line of examined.message.split('\n')) expect(line).toMatch(places)
    }),
    { numRuns: 300, seed: 20_261_120 },
  )
})

test('whatever path is set, the answer is a profile or a list of problems', () => {
  const step = fc.constantFrom(
    'load',
    'sla',
    'checks',
    '[0]',
    '["p99.9"]',
    'engines',
    'risk',
    'settings',
    'cache',
    'bus',
    '0',
    'x y',
  )
  const value = fc.constantFrom('', '{}', '[]', 'off', '1', '[1', '{ kind: replay }', '*x', '5ms')
  fc.assert(
    fc.property(fc.array(step, { maxLength: 5 }), value, (steps, text) => {
      const set = [`${steps.join('.').replaceAll('.[', '[')}=${text}`]
      const examined = examineProfile('algo-200ms', { cwd: packageRoot(), env: {}, set })
      expect(() => checkedJson(examined, folder)).not.toThrow()
    }),
    { numRuns: 300, seed: 20_261_120 },
  )
})
