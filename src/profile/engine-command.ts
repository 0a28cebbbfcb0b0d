import { statSync } from 'node:fs'
import { join } from 'node:path'
import { codeCacheVariable } from '../core/child-variables.js'
import { distFile } from '../core/paths.js'
import { cacheFolder } from '../supervisor/services/cache.js'

// How a shipped engine is started.

/** Its modules one by one, as a profiler names them. */
export const plainEngineCommand = (): string[] => [process.execPath, distFile('engines/kit/main.js')]

/** Their bundle, which starts sooner (`npm run bench:startup`); where something was compiled after it, its modules one by one. */
export function engineCommand(): string[] {
  const bundle = distFile('engine/start.cjs')
  const bundledAt = modifiedAt(bundle)
  return bundledAt > 0 && bundledAt >= modifiedAt(distFile('.tsbuildinfo'))
    ? [process.execPath, bundle]
    : plainEngineCommand()
}

export const engineVariables = (): Record<string, string> => ({ [codeCacheVariable]: join(cacheFolder(), 'code') })

const modifiedAt = (file: string): number => statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0
