import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { constants, Script } from 'node:vm'
import { codeCacheVariable } from '../../core/child-variables.js'

// Entry of an engine's process as it is installed: all of an engine is one file, and what V8 compiled of it is kept between
// starts. An engine of 250 modules then takes half the processor time until it is ready, which is what the start of sixteen
// engines on two cores consists of.
//
// What is kept goes by the digest of the bundle in its name, by the version of Node and by the processor; V8 itself refuses
// what another V8, or one with other flags, has written. Another user's file is never run.

const keptMax = 3
/** By then an engine has run through what it does at its start. */
const settledMs = 1_000

const folder = dirname(process.argv[1] ?? '')
const name = readdirSync(folder).find((file) => /^engine-[0-9a-f]{16}\.cjs$/.test(file))
if (name === undefined) throw new Error(`${folder} has no bundle of engines: run \`npm run build\``)
const file = join(folder, name)
const cacheFolder = process.env[codeCacheVariable]
const cacheFile = cacheFolder === undefined ? null : join(cacheFolder, `${name}-${process.version}-${process.arch}.v8`)
const cachedData = cacheFile === null ? undefined : kept(cacheFile)
const script = new Script(
  `(function (exports, require, module, __filename, __dirname) {${readFileSync(file, 'utf8')}\n})`,
  {
    filename: file,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    ...(cachedData !== undefined && { cachedData }),
  },
)
const bundle = { exports: {} }
script.runInThisContext()(bundle.exports, createRequire(file), bundle, file, folder)
if (cacheFile !== null && script.cachedDataRejected !== false) setTimeout(() => keep(cacheFile), settledMs).unref()

function kept(path: string): Buffer | undefined {
  try {
    if (statSync(path).uid !== process.getuid?.()) return undefined
    return readFileSync(path)
  } catch {
    // The first start with this bundle.
    return undefined
  }
}

function keep(path: string): void {
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
