import { mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { limitPlacesOf } from './limit-places.js'
import { loadProfile } from './load.js'

let cwd = ''
beforeEach(() => {
  cwd = realpathSync(mkdtempSync(join(tmpdir(), 'places-')))
})
afterEach(() => rmSync(cwd, { recursive: true, force: true }))

const profile = `version: 1
name: placed
extends: [quickstart]
sla:
  endToEnd: { p99: 150ms }
  checks:
    - { metric: errors.rate, max: 1% }
    - metric: lost.count
      max: 0
`

test('each limit is known by the line of the file that wrote it, by the path that checks name', () => {
  writeFileSync(join(cwd, 'placed.yaml'), profile)
  const places = limitPlacesOf(loadProfile('placed.yaml', { cwd, env: {}, set: [] }), cwd)
  const placeOf = (path: string) => places.find((place) => place.path === path)
  expect(placeOf('sla.endToEnd.p99')).toEqual({ path: 'sla.endToEnd.p99', file: 'placed.yaml', line: 5, column: 20 })
  expect(placeOf('sla.checks[0].max')).toMatchObject({ line: 7, file: 'placed.yaml' })
  expect(placeOf('sla.checks[1].max')).toMatchObject({ line: 9, file: 'placed.yaml' })
})

test('what was set on the command line has no line, and a file elsewhere is not told of', () => {
  writeFileSync(join(cwd, 'placed.yaml'), profile)
  const loaded = loadProfile('placed.yaml', { cwd, env: {}, set: ['sla.endToEnd.p99=90ms'] })
  expect(limitPlacesOf(loaded, cwd).map(({ path }) => path)).not.toContain('sla.endToEnd.p99')
  expect(new Set(limitPlacesOf(loaded, cwd).map(({ file }) => file))).toEqual(new Set(['placed.yaml']))
  expect(limitPlacesOf(loaded, join(cwd, 'elsewhere'))).toEqual([])
})
