import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, hostname, loadavg, release, totalmem } from 'node:os'
import { dirname, join } from 'node:path'
import { nsPerUs } from '../core/units.js'
import type { Machine, RunResult } from './run-result.js'

// Where a result was measured. What the kernel does not tell is null, never a guess.

/** Ticks of all cores since boot, from the first line of /proc/stat. */
export type CpuTicks = { readonly total: number; readonly steal: number }

/** `before` is a reading at the start of the window, for the share of time that the hypervisor took. */
export function readMachine(before: CpuTicks | null): Machine {
  const after = readCpuTicks()
  const stealShare =
    before === null || after === null || after.total <= before.total
      ? null
      : (after.steal - before.steal) / (after.total - before.total)
  return {
    hostnameHash: createHash('sha256').update(hostname()).digest('hex').slice(0, 8),
    cpuModel: cpus()[0]?.model.trim() ?? 'unknown',
    coresUsable: availableParallelism(),
    memoryBytes: totalmem(),
    kernel: release(),
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
    governor: read('/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor')?.trim() ?? null,
    cgroupCpuMax: readCgroup('cpu.max')?.trim() ?? null,
    loadAverage1m: loadavg()[0] ?? 0,
    pressureCpuSome10: parsePressure(read('/proc/pressure/cpu')),
    stealShare,
  }
}

/**
 * Machines whose figures may be compared with each other: `amd-epyc-7763-4cores-16gib-linux6.1-node20`. Processor, usable cores, memory in
 * whole GiB, and the versions that change how a system is scheduled and compiled. It serves as the name of a file.
 */
export function machineClassOf({ cpuModel, coresUsable, memoryBytes, platform, kernel, node }: Machine): string {
  const model = cpuModel.replaceAll(/\((r|tm)\)|\bcpu\b|\bprocessor\b|@.*$/gi, ' ')
  const [system = ''] = platform.split(/[- ]/)
  const kernelText = /^\d+\.\d+/.exec(kernel)?.[0] ?? kernel
  const nodeText = /^v?(\d+)/.exec(node)?.[1] ?? node
  const memory = `${Math.max(1, Math.round(memoryBytes / 2 ** 30))}gib`
  return [model, `${coresUsable}cores`, memory, `${system}${kernelText}`, `node${nodeText}`]
    .join('-')
    .toLowerCase()
    .replaceAll(/[^a-z0-9.]+/g, '-')
    .replaceAll(/^-|-$/g, '')
}

export function readCpuTicks(): CpuTicks | null {
  const text = read('/proc/stat')
  return text === null ? null : parseCpuTicks(text)
}

export function parseCpuTicks(stat: string): CpuTicks | null {
  const fields = /^cpu\s+([\d ]+)$/m.exec(stat)?.[1]?.trim().split(' ').map(Number)
  if (fields === undefined || fields.length < 8) return null
  // user nice system idle iowait irq softirq steal; guest time is part of user already.
  return { total: fields.slice(0, 8).reduce((sum, ticks) => sum + ticks, 0), steal: fields[7] ?? 0 }
}

/** `avg10` of the line `some`: the share of time in which a task waited for a core, in percent. */
export function parsePressure(text: string | null): number | null {
  const avg10 = /^some avg10=([\d.]+)/m.exec(text ?? '')?.[1]
  return avg10 === undefined ? null : Number(avg10)
}

/** Time for which the control group of this process was kept from running, since it exists. */
export function readThrottledNs(): number | null {
  const micros = /^throttled_usec (\d+)$/m.exec(readCgroup('cpu.stat') ?? '')?.[1]
  return micros === undefined ? null : Number(micros) * nsPerUs
}

/** Commit of the folder's repository, or null outside of one. */
export function readGit(folder: string): RunResult['git'] {
  try {
    const git = (...args: string[]): string =>
      execFileSync('git', args, { cwd: folder, encoding: 'utf8', timeout: 2_000, stdio: ['ignore', 'pipe', 'ignore'] })
    return { commit: git('rev-parse', 'HEAD').trim(), dirty: git('status', '--porcelain').trim() !== '' }
  } catch {
    // No git, or no repository: the result says null.
    return null
  }
}

/** A file of the innermost control group (v2) that has it. */
function readCgroup(file: string): string | null {
  const path = /^0::(.*)$/m.exec(read('/proc/self/cgroup') ?? '')?.[1]
  if (path === undefined) return null
  for (let folder = path; ; folder = dirname(folder)) {
    const text = read(join('/sys/fs/cgroup', folder, file))
    if (text !== null || folder === '/' || folder === '.') return text
  }
}

function read(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    // Absent on this kernel or platform.
    return null
  }
}
