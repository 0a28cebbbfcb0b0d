// The compiled side of `kernels.mjs`: child processes that time themselves and answer line by line.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { returns, sampleLength, samples, tailCount } from './kernels-inputs.mjs'

/** Compiles what can be compiled here. */
export function compileNative() {
  const folder = mkdtempSync(join(tmpdir(), 'kernels-'))
  const c = childOf(folder, 'gcc', 'kernels.c')
  const nth = childOf(folder, 'g++', 'kernels-nth-element.cpp')
  nth?.write([samples, sampleLength, tailCount, ...returns].join('\n'))
  return {
    /** The children that know a kernel, by name. */
    of: ({ name }) => [...(c === null ? [] : [['c', c]]), ...(nth === null || name !== 'var' ? [] : [['nth', nth]])],
    close: () => {
      c?.close()
      nth?.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function childOf(folder, compiler, source) {
  const file = fileURLToPath(new URL(source, import.meta.url))
  const program = join(folder, compiler)
  const made = spawnSync(compiler, ['-O3', '-march=native', '-o', program, file, '-lm'], { stdio: 'inherit' })
  if (made.error !== undefined) return null
  if (made.status !== 0) throw new Error(`${compiler} could not compile ${source}`)
  const child = spawn(program, { stdio: ['pipe', 'pipe', 'inherit'] })
  const lines = createInterface(child.stdout)
  const write = (text) => child.stdin.write(`${text}\n`)
  return {
    write,
    close: () => child.stdin.end(),
    time: async (kernel, calls) => {
      write(`${kernel} ${calls}`)
      const [line] = await once(lines, 'line', { signal: AbortSignal.timeout(30_000) })
      const [ns, checksum] = line.split(' ').map(Number)
      return { ns: ns / calls, checksum }
    },
  }
}
