// Puts all that an engine's process loads into one file, dist/engine/engine-<digest>.cjs, beside the small file that runs it.
// Skips where what is there is younger than what the compiler wrote.
import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const folder = 'dist/engine'
const loader = join(folder, 'start.cjs')
/** Loaded where they are installed, or not at all: native code, and what its packages look for in vain. */
const external = ['lz4-napi', 'koffi', 'msgpackr-extract', 'pg-native', 'bufferutil', 'utf-8-validate']

/** What the catalog names and no engine's process loads. */
const elsewhere = {
  name: 'elsewhere',
  resolveId: (id) => (/\/(?:cases|[a-z0-9-]+-cases|in-process)\.js$/.test(id) ? '\0elsewhere' : null),
  load: (id) => (id === '\0elsewhere' ? 'export {}' : null),
}

/** Runs in the root of the repository after the compiler; returns an exit status. */
export async function buildEngine() {
  const changedAt = Math.max(
    ...['dist/.tsbuildinfo', 'package-lock.json', fileURLToPath(import.meta.url)].map((file) => modifiedAt(file)),
  )
  if (modifiedAt(loader) > changedAt) return 0
  const { rolldown } = await import('rolldown')
  const bundled = async (input) => {
    const bundle = await rolldown({ input, platform: 'node', external, plugins: [elsewhere], logLevel: 'warn' })
    const { output } = await bundle.generate({ format: 'cjs', codeSplitting: false })
    await bundle.close()
    if (output.length !== 1) throw new Error(`${input} makes ${output.length} files, where it must make one`)
    return output[0].code
  }
  const code = await bundled('dist/engines/kit/main.js')
  const name = `engine-${createHash('sha256').update(code).digest('hex').slice(0, 16)}.cjs`
  mkdirSync(folder, { recursive: true })
  const loaderCode = await bundled('dist/engines/kit/bundled.js')
  // An engine may start meanwhile: the bundle first, then at once the loader that names it, and older ones go last.
  place(join(folder, name), code)
  place(loader, `const bundleName = '${name}'\n${loaderCode}`)
  for (const other of readdirSync(folder)) {
    if (/^engine-.*\.cjs$/.test(other) && other !== name) rmSync(join(folder, other))
  }
  return 0
}

const modifiedAt = (file) => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0

function place(file, text) {
  const made = `${file}.${process.pid}`
  writeFileSync(made, text)
  renameSync(made, file)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await buildEngine()
