// Compiles the WebAssembly kernels into dist/, where the compiled product and tests that run from src/ both find them. Skips where
// what is there is younger than all it is made from.
import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, renameSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const sources = 'src/engines/quant/wasm'
const target = 'dist/engines/quant/kernels.wasm'
const compiler = 'node_modules/assemblyscript/bin/asc.js'

/** Runs in the root of the repository; returns the exit status of the compiler. */
export function buildKernels() {
  const parts = readdirSync(sources).map((file) => join(sources, file))
  const changedAt = Math.max(
    ...[...parts, compiler, fileURLToPath(import.meta.url)].map((file) => statSync(file).mtimeMs),
  )
  if ((statSync(target, { throwIfNoEntry: false })?.mtimeMs ?? 0) > changedAt) return 0
  mkdirSync(dirname(target), { recursive: true })
  // The caller gives the memory; there is no heap, so that the smallest runtime does.
  const options = ['-O3', '--noAssert', '--runtime', 'stub', '--enable', 'simd', '--importMemory', '--use', 'abort=']
  // Put in place at once: another build or a test may read it meanwhile.
  const made = `${target}.${process.pid}`
  const args = [compiler, join(sources, 'kernels.ts'), '--outFile', made, ...options]
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' })
  if (status === 0) renameSync(made, target)
  return status ?? 1
}

if (process.argv[1] === fileURLToPath(import.meta.url)) process.exitCode = buildKernels()
