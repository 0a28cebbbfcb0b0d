import { closeSync, constants, fstatSync, ftruncateSync, openSync, statfsSync } from 'node:fs'
import { createRequire } from 'node:module'
import type koffiModule from 'koffi'
import { assert } from '../../../core/assert.js'
import { messageOf, NautilusError } from '../../../core/errors.js'
import type { Bytes } from '../../../core/units.js'

// Files that several processes have mapped, by the C library through koffi. Its views are plain ArrayBuffers; Atomics are
// the same instructions on them as on shared ones.
//
// Known limits: Linux only. A view must not be used after `close`: the pages are gone, and the process would go with them.

/** Where files have no disk behind them. */
export const sharedFolder = '/dev/shm'

export type Mapping = { readonly buffer: ArrayBuffer; readonly close: () => void }

/** Of the C library, and of koffi itself. Addresses are bigints. */
type SystemCalls = {
  readonly mmap: (at: null, bytes: number, protection: number, flags: number, fd: number, offset: number) => bigint
  readonly munmap: (address: bigint, bytes: number) => number
  /** Returns the error instead of setting it. */
  readonly posix_fallocate: (fd: number, offset: number, bytes: number) => number
  readonly mkfifo: (path: string, mode: number) => number
  readonly sched_yield: () => number
  readonly view: (address: bigint, bytes: number) => ArrayBuffer
  readonly errno: () => number
}

const readAndWrite = 1 | 2
const shared = 1
/** MAP_FAILED */
const noAddress = 2n ** 64n - 1n
const ownerOnly = 0o600

let loaded: SystemCalls | null = null

/** Why a region of this size cannot be shared on this machine, or null where it can. Loads koffi, once. */
export function sharedMemoryProblem(regionBytes: Bytes, platform: string = process.platform): string | null {
  if (platform !== 'linux') return `shared memory needs Linux, and this is ${platform}`
  try {
    systemCalls()
  } catch (error) {
    const [reason] = messageOf(error).split('\n')
    return `the optional package koffi cannot be loaded (${reason})`
  }
  try {
    // All of it, not what is free: the answer must stay the same while a system runs.
    const { blocks, bsize } = statfsSync(sharedFolder)
    if (blocks * bsize >= regionBytes) return null
    return `${sharedFolder} has ${blocks * bsize} bytes, and bus.region asks for ${regionBytes}`
  } catch (error) {
    return `${sharedFolder} cannot be used (${messageOf(error)})`
  }
}

/** Maps a file, which is created where it is not there. Rejects one of another size: its parts would lie elsewhere. */
export function mapFile(path: string, bytes: number): Mapping {
  const calls = systemCalls()
  const fd = openSync(path, constants.O_RDWR | constants.O_CREAT, ownerOnly)
  try {
    const { size } = fstatSync(fd)
    assert(size === 0 || size === bytes, 'all that map a file agree on its size')
    if (size === 0) ftruncateSync(fd, bytes)
    // Without it the first write to a page for which there is no room ends the process by SIGBUS.
    const refused = calls.posix_fallocate(fd, 0, bytes)
    if (refused !== 0) throw notMapped(path, bytes, refused)
    const address = calls.mmap(null, bytes, readAndWrite, shared, fd, 0)
    if (BigInt.asUintN(64, BigInt(address)) === noAddress) throw notMapped(path, bytes, calls.errno())
    return {
      buffer: calls.view(address, bytes),
      close: () => assert(calls.munmap(address, bytes) === 0, 'what was mapped can be unmapped'),
    }
  } finally {
    closeSync(fd)
  }
}

/** Makes a pipe that has a name; it may be there already. */
export function makePipe(path: string): void {
  const { mkfifo, errno } = systemCalls()
  const existsError = 17
  if (mkfifo(path, ownerOnly) !== 0 && errno() !== existsError) {
    throw new NautilusError('SERVICE_UNAVAILABLE', `${path} cannot be made: error ${errno()}`)
  }
}

/** Lets whoever waits for this core run first. */
export function yieldCore(): void {
  systemCalls().sched_yield()
}

function notMapped(path: string, bytes: number, error: number): NautilusError {
  const message = `${path}: ${bytes} bytes cannot be mapped, error ${error}`
  return new NautilusError('SERVICE_UNAVAILABLE', message, {
    hint: `Free space in ${sharedFolder}, or set a smaller bus.region.`,
  })
}

function systemCalls(): SystemCalls {
  if (loaded !== null) return loaded
  // Not an import: the package is optional, and whether it is there is asked where nothing can be awaited.
  const koffi: typeof koffiModule = createRequire(import.meta.url)('koffi')
  const library = koffi.load(null)
  loaded = {
    mmap: library.func('void *mmap(void *at, size_t bytes, int protection, int flags, int fd, int64_t offset)'),
    munmap: library.func('int munmap(void *at, size_t bytes)'),
    posix_fallocate: library.func('int posix_fallocate(int fd, int64_t offset, int64_t bytes)'),
    mkfifo: library.func('int mkfifo(const char *path, uint32_t mode)'),
    sched_yield: library.func('int sched_yield()'),
    view: koffi.view,
    errno: koffi.errno,
  }
  return loaded
}
