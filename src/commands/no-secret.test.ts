import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import type { Exit, Io } from '../core/io.js'
import { packageRoot } from '../core/paths.js'
import { loadProfile } from '../profile/load.js'
import { maskedInput } from '../profile/origins.js'
import { judgeAndKeep } from '../report/keep.js'
import { reportFormats } from '../report/render.js'
import { runResult } from '../results/run-result.js'
import { runsFolderOf } from '../results/store.js'
import { gateCommand } from './gate.js'
import { reportCommand } from './report.js'
import { runsCommand } from './runs.js'

// A secret that a profile takes from the environment or from a URL appears in no file of a run and in no output about it.

const secrets = ['s3cret_of-the*environment', 'p4ssword-of-the-url', 't0ken-of-the-url']
let cwd = ''
beforeEach(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'nautilus-secret-'))
})
afterEach(() => rm(cwd, { recursive: true, force: true }))

const profileText = `version: 1
name: secretive
extends: [${join(packageRoot(), 'profiles/quickstart.yaml')}]
services:
  bus: { kind: redis, url: 'redis://user:p4ssword-of-the-url@127.0.0.1:6390/0?token=t0ken-of-the-url' }
engines:
  order-gateway:
    env: { API_KEY: '\${API_KEY}' }
`

test('no secret of the environment or of a URL is in a file of a run or in what is printed about it', async () => {
  await writeFile(join(cwd, 'secretive.yaml'), profileText)
  const env = { API_KEY: secrets[0] }
  const profile = loadProfile(join(cwd, 'secretive.yaml'), { cwd, env, set: [] })
  expect(JSON.stringify(profile.config)).toContain(secrets[0])
  const sample = runResult.parse(
    JSON.parse(await readFile(join(packageRoot(), 'fixtures/results/store-disagrees.json'), 'utf8')),
  )
  const url = 'redis://user:p4ssword-of-the-url@127.0.0.1:6390/0?token=t0ken-of-the-url'
  const result = { ...sample, profile: maskedInput(profile), interrupted: `bus: Redis at ${url} closed` }
  const { problem } = await judgeAndKeep(cwd, result, { secrets: [], profile: null, services: 'stopped' })
  expect(problem).toBeNull()

  const texts = await printed(env)
  for (const name of await readdir(runsFolderOf(cwd), { recursive: true, withFileTypes: true })) {
    if (name.isFile()) texts.push(await readFile(join(name.parentPath, name.name), 'utf8'))
  }
  expect(texts.length).toBe(reportFormats.length + ['gate', 'gate --json', 'runs'].length + 4)
  for (const text of texts) {
    expect(text.length).toBeGreaterThan(10)
    const at = secrets.map((secret) => text.indexOf(secret)).find((index) => index >= 0)
    if (at !== undefined) expect.fail(`a secret stands in: ${text.slice(Math.max(0, at - 40), at + 40)}`)
  }
})

async function printed(env: Io['env']): Promise<string[]> {
  const texts: string[] = []
  const exit: Exit = () => undefined
  const io: Io = {
    out: (text) => void texts.push(text),
    err: (text) => void texts.push(text),
    ...{ cwd, env, terminal: false, color: false, columns: 80 },
    stop: new AbortController().signal,
  }
  const from = { from: 'user' } as const
  for (const format of reportFormats) {
    await reportCommand(io, exit).parseAsync(['last', '--format', format], from)
  }
  await gateCommand(io, exit).parseAsync(['last'], from)
  await gateCommand(io, exit).parseAsync(['last', '--json'], from)
  await runsCommand(io, exit).parseAsync(['--json'], from)
  return texts
}
