import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

// Holds the shape of the house: who may import whom, and what may not stand in the code.

const source = dirname(fileURLToPath(import.meta.url))
const rows: Readonly<Record<string, number>> = {
  core: 0,
  stats: 1,
  results: 2,
  platform: 2,
  supervisor: 3,
  sla: 3,
  engines: 4,
  report: 4,
  tune: 4,
  bench: 5,
  profile: 6,
  ui: 6,
  commands: 7,
}
const platformOrder = ['flow', 'telemetry', 'pools', 'memory', 'wire', 'bus', 'cache', 'store']

const files = filesIn(source, /\.tsx?$/)
const productFiles = files.filter(({ file }) => !/\.test\.tsx?$/.test(file))

const importsOf = ({ file, text }: { file: string; text: string }): string[] =>
  [...text.matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map((match) =>
    relative(source, join(source, dirname(file), match[1] ?? '')),
  )

const folderOf = (file: string): string => (file.includes('/') ? (file.split('/')[0] ?? '') : '')

test('imports go down the rows only', () => {
  const wrong = productFiles.flatMap((entry) => {
    const from = folderOf(entry.file)
    if (from === '') return []
    return importsOf(entry)
      .filter((target) => {
        const to = folderOf(target)
        return to !== from && !((rows[to] ?? 99) < (rows[from] ?? -1))
      })
      .map((target) => `${entry.file} imports ${target}`)
  })
  expect(wrong).toEqual([])
})

test('platform folders import only those before them', () => {
  const wrong = productFiles
    .filter(({ file }) => file.startsWith('platform/'))
    .flatMap((entry) => {
      const own = entry.file.split('/')[1] ?? ''
      return importsOf(entry)
        .filter((target) => target.startsWith('platform/'))
        .filter((target) => platformOrder.indexOf(target.split('/')[1] ?? '') > platformOrder.indexOf(own))
        .map((target) => `${entry.file} imports ${target}`)
    })
  expect(wrong).toEqual([])
})

test('engines never import each other, and others import only their model and catalog', () => {
  const shared = new Set(['model', 'quant', 'kit'])
  const wrong = productFiles.flatMap((entry) =>
    importsOf(entry)
      .filter((target) => target.startsWith('engines/'))
      .filter((target) => {
        const room = target.split('/')[1] ?? ''
        if (!entry.file.startsWith('engines/')) return room !== 'model' && room !== 'catalog.js'
        const own = entry.file.split('/')[1] ?? ''
        return room !== own && own !== 'catalog.ts' && own !== 'kit' && !shared.has(room)
      })
      .map((target) => `${entry.file} imports ${target}`),
  )
  expect(wrong).toEqual([])
})

test('commands import statically only commander, core/errors and core/io, and no other command', () => {
  const allowed = [/^commander$/, /\/core\/errors\.js$/, /\/core\/io\.js$/]
  const wrong = productFiles
    .filter(({ file }) => file.startsWith('commands/'))
    .flatMap(({ file, text }) =>
      [...text.matchAll(/^import (?!type)[^\n]*? from '([^']+)'/gm)]
        .map((match) => match[1] ?? '')
        .filter((name) => !allowed.some((pattern) => pattern.test(name)))
        .map((name) => `${file} imports ${name}`),
    )
  expect(wrong).toEqual([])
})

test('time, chance and exit codes come from their one place', () => {
  const rules = [
    { pattern: /\bDate\.now\(|\bperformance\.now\(|\bprocess\.hrtime\b|\bnew Date\(\)/, allowed: ['core/clock.ts'] },
    { pattern: /\bMath\.random\(/, allowed: [] },
    { pattern: /\bprocess\.exitCode\b/, allowed: ['cli.ts', 'engines/kit/main.ts'] },
  ]
  const wrong = productFiles.flatMap(({ file, text }) =>
    rules
      .filter(({ pattern, allowed }) => !allowed.some((name) => name === file) && pattern.test(withoutComments(text)))
      .map(({ pattern }) => `${file} uses ${pattern.source}`),
  )
  expect(wrong).toEqual([])
})

test('what a file exports, another file uses', () => {
  const beside = ['benchmarks', 'scripts', 'fixtures'].flatMap((folder) =>
    filesIn(join(source, '..', folder), /\.mjs$/),
  )
  const usersOf = new Map<string, Set<string>>()
  for (const { file, text } of [...files, ...beside]) {
    for (const [word] of text.matchAll(/\w+/g)) {
      const users = usersOf.get(word) ?? new Set()
      usersOf.set(word, users.add(file))
    }
  }
  const wrong = productFiles.flatMap(({ file, text }) =>
    [...text.matchAll(/^export (?:async )?(?:const|function\*?|class|type) (\w+)/gm)]
      .map((match) => match[1] ?? '')
      .filter((name) => [...(usersOf.get(name) ?? [])].every((user) => user === file))
      .map((name) => `${file} exports ${name}`),
  )
  expect(wrong).toEqual([])
})

test('names and sizes hold the style', () => {
  const wrong = files.flatMap(({ file, text }) => [
    ...(/(^|\/)(utils?|helpers?|common|index)\.tsx?$/.test(file) ? [`${file} has a name that says nothing`] : []),
    ...(/\bFIXME\b|\bTODO(?! #\d)/.test(text) && !file.startsWith('tidy')
      ? [`${file} holds a FIXME or a TODO without an issue`]
      : []),
    ...(!file.includes('.test.') && text.split('\n').length > 401 ? [`${file} is longer than 400 lines`] : []),
    ...(/^export default/m.test(text) ? [`${file} has a default export`] : []),
  ])
  expect(wrong).toEqual([])
})

function filesIn(folder: string, pattern: RegExp): { readonly file: string; readonly text: string }[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => pattern.test(file))
    .map((file) => ({ file, text: readFileSync(join(folder, file), 'utf8') }))
}

test('names are the terms of the field', () => {
  const empty = /\b(ultra|intelligent|ai-driven|optimi[sz]ed)\b|[a-z](Manager|Helper|Utils?)\b/i
  const wrong = productFiles.flatMap(({ file, text }) => {
    const found = empty.exec(text)
    return found === null ? [] : [`${file} says "${found[0]}"`]
  })
  expect(wrong).toEqual([])
})

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|\s)\/\/.*$/gm, '')
}
