import { readdirSync } from 'node:fs'
import { basename } from 'node:path'
import type { RunResult } from './run-result.js'

const suffix = '.cpuprofile'

/** A result with the profiles that lie in a folder of its run. It is degraded: profiling itself takes time of the engine. */
export function readCpuProfiles(result: RunResult, engine: string, folder: string): RunResult {
  const names = namesIn(folder)
  const cpuProfiles = names.map((name) => ({
    process: name.slice(0, -suffix.length),
    file: `${basename(folder)}/${name}`,
  }))
  const reason =
    names.length > 0 ? `${engine} ran under its profiler` : `${engine} ran under its profiler, which wrote nothing`
  const { fidelity } = result
  const status = fidelity.status === 'invalid' ? 'invalid' : 'degraded'
  return { ...result, cpuProfiles, fidelity: { ...fidelity, status, reasons: [...fidelity.reasons, reason] } }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder)
      .filter((name) => name.endsWith(suffix))
      .sort()
  } catch {
    // The process was killed before it could write.
    return []
  }
}
