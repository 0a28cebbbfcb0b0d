import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { constants, Script } from 'node:vm'
import { codeCacheVariable } from '../../core/child-variables.js'

// Entry of an engine's process as it is installed: all of an engine is one file, and what V8 compiled of it is kept between
// starts. An engine is then ready sooner, and with less processor time, which is what the start of sixteen engines on two cores
// consists of (`npm run bench:startup`).
//
// What is kept goes by the digest of the bundle in its name, by the version of Node and by the processor; V8 itself refuses
// what another V8, or one with other flags, has written. Another user's file is never run.

const keptMax = 3
/** By then an engine has run through what it does at its start. */
const settledMs = 1_000

/** Written before this file by the build (scripts/build-engine.mjs): a loader goes with one bundle, and both change at once. */
declare const bundleName: string

const folder = dirname(process.argv[1] ?? '')
const file = join(folder, bundleName)
const code = textOf(file)
// A later build has removed the bundle since this loader was read: the modules that it was made of are there.
if (code === null) void import(pathToFileURL(join(folder, '..', 'engines', 'kit', 'main.js')).href)
else run(code)

function textOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null
    throw error
  }
}

function run(code: string): void {
  const cacheFolder = process.env[codeCacheVariable]
  const cacheName = `${bundleName}-${process.version}-${process.arch}.v8`
  const cacheFile = cacheFolder === undefined ? null : join(cacheFolder, cacheName)
  const cachedData = cacheFile === null ? undefined : kept(cacheFile)
  const script = new Script(`(function (exports, require, module, __filename, __dirname) {${code}\n})`, {
    filename: file,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    ...(cachedData !== undefined && { cachedData }),
  })
  const bundle = { exports: {} }
  script.runInThisContext()(bundle.exports, createRequire(file), bundle, file, folder)
  if (cacheFile === null || script.cachedDataRejected === false) return
  setTimeout(() => keep(cacheFile, script), settledMs).unref()
}

function kept(path: string): Buffer | undefined {
  try {
    if (statSync(path).uid !== process.getuid?.()) return undefined
    return readFileSync(path)
  } catch {
    // The first start with this bundle.
    return undefined
  }
}

function keep(path: string, script: Script): void {
  const made = `${path}.${process.pid}`
  const place = dirname(path)
  try {
    mkdirSync(place, { recursive: true, mode: 0o700 })
    writeFileSync(made, script.createCachedData(), { mode: 0o600 })
    renameSync(made, path)
    const byAge = readdirSync(place).map((name) => ({
      path: join(place, name),
      at: statSync(join(place, name)).mtimeMs,
    }))
    for (const old of byAge.sort((a, b) => b.at - a.at).slice(keptMax)) rmSync(old.path)
  } catch {
    // A folder that cannot be written, or another engine that does the same: the next start takes longer, no more.
  }
}
