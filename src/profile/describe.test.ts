import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { packageRoot } from '../core/paths.js'
import { profileJsonSchema, profileReference, schemaLeaves } from './describe.js'

const source = join(packageRoot(), 'src')
// What composes and shows a schema names every key without obeying it.
const obeying = readdirSync(source, { recursive: true, encoding: 'utf8' })
  .filter((file) => /\.tsx?$/.test(file) && !/\.test\.tsx?$|(^|\/)config\.ts$/.test(file))
  .filter((file) => !/^profile\/(schema|schema-walk|describe|explain)\.ts$/.test(file))
  .map((file) => ({ file, text: readFileSync(join(source, file), 'utf8') }))

/** Files that may obey a key: for its settings those of the engine and what engines stand on, for the rest all. */
const placesFor = (path: string) => {
  const [section, engine, part] = path.split('.')
  if (section !== 'engines' || part !== 'settings') return obeying
  const folders = [`engines/${engine}/`, 'engines/kit/', 'engines/model/', 'engines/quant/', 'platform/']
  return obeying.filter(({ file }) => folders.some((folder) => file.startsWith(folder)))
}

const reads = (text: string, key: string): boolean => {
  const name = key.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')
  return new RegExp(`\\.${name}\\b|['"]${name}['"]|[{,]\\s*${name}\\s*[,:}=]`).test(text)
}

test('every option of a profile is read by something', () => {
  const unread = schemaLeaves().filter(({ path, key }) => {
    if (path === 'NAME' || key === 'kind') return false
    return !placesFor(path).some(({ text }) => reads(text, key))
  })
  expect(unread.map(({ path }) => path)).toEqual([])
})

test('every option says what it does', () => {
  const silent = schemaLeaves().filter(({ key, description }) => key !== 'kind' && description === '')
  expect(silent.map(({ path }) => path)).toEqual([])
})

test('the reference shows type, default, meaning and search range of an option', () => {
  const lines = profileReference().split('\n')
  expect(lines).toContain(
    '| `placementTimeout` | duration | `100ms` | A placed order without its report by then has failed; a hung venue blocks nobody. | 10ms to 1s, log |',
  )
  expect(lines).toContain('| `version` | `1` | required | Version of this format. |')
  expect(lines).toContain('## `services.NAME`, `kind: postgres`')
})

test('the JSON Schema is of the draft 2020-12 and speaks of what a person writes', () => {
  const schema = profileJsonSchema()
  expect(schema).toMatchObject({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    additionalProperties: false,
    required: ['version', 'name'],
    properties: {
      load: {
        properties: { warmup: { type: ['string', 'number'], default: '5s', examples: ['10ms'] } },
      },
      engines: { properties: { risk: { properties: { settings: { type: 'object' } } } } },
    },
  })
  // Search ranges are for the reference and for `nautilus tune`; a key of that name is a section.
  expect(JSON.stringify(schema)).not.toMatch(/"tune":\{"(min|max|choices)"/)
})

test('the generated pages of docs/ are fresh', () => {
  const { status, stderr } = spawnSync(process.execPath, ['scripts/docs.mjs', '--check'], {
    cwd: packageRoot(),
    encoding: 'utf8',
  })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
})
