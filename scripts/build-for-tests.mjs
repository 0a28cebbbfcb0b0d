// Tests start engines and the command itself as child processes from dist/, as users do; so dist/ must be the tree under test.
import { spawnSync } from 'node:child_process'
import { buildKernels } from './build-kernels.mjs'

export const setup = () => {
  const args = ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.build.json']
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' })
  if (status !== 0 || buildKernels() !== 0) throw new Error('the build failed: see the compiler messages above')
}
