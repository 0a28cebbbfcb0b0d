// Runs on `npm ci` and before packing: builds dist/. Skips where the compilers are absent and dist/ is already
// there, so that `npm ci --omit=dev` in a checkout that was built works.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { buildEngine } from './build-engine.mjs'
import { buildKernels } from './build-kernels.mjs'

const compiler = 'node_modules/typescript/bin/tsc'
if (!existsSync(compiler)) {
  const built = ['dist/cli.js', 'dist/engines/quant/kernels.wasm', 'dist/engine/start.cjs']
  if (built.every((file) => existsSync(file))) process.exit(0)
  console.error('nautilus: typescript is not installed and dist/ is missing; run `npm ci` with dev dependencies once')
  process.exit(1)
}
const { status } = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], { stdio: 'inherit' })
process.exit(status === 0 ? buildKernels() || (await buildEngine()) : (status ?? 1))
