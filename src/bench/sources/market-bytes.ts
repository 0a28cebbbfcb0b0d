import { createReadStream } from 'node:fs'
import { open } from 'node:fs/promises'
import { createGunzip } from 'node:zlib'
import { NautilusError } from '../../core/errors.js'

// The bytes of a file of market data, unpacked where its first bytes say that it is packed: names lie.

const gzipMark = '\x1f\x8b'
/** What is to be unpacked first: names of packings, how they begin, and what unpacks them. */
const otherPackings = [
  { name: 'zstd', mark: '\x28\xb5\x2f\xfd', command: 'zstd -d' },
  { name: 'zip', mark: 'PK\x03\x04', command: 'unzip' },
  { name: '7z', mark: '7z\xbc\xaf', command: '7z x' },
] as const
const markBytes = 4
const headBytes = 4_096
const chunkBytes = 262_144

export type FilePurpose = {
  /** What the file is to be, such as `a file to replay`. */
  readonly expected: string
  readonly hint: string
  /** Where a number has more decimals than are read. */
  readonly decimalsHint: string
}

export type MarketBytes = {
  readonly sizeBytes: number
  readonly chunks: AsyncIterable<Buffer>
  /** Bytes of the file that were read so far, as they lie on the disk. */
  readonly readBytes: () => number
  readonly close: () => void
}

/** Opens a file; errors while reading come from `chunks`, and `unreadable` words them. */
export async function openMarketBytes(path: string, purpose: FilePurpose): Promise<MarketBytes> {
  const sizeBytes = await checkedSize(path, purpose)
  const mark = await firstBytes(path, markBytes)
  const packing = otherPackings.find((other) => mark === other.mark)
  if (packing !== undefined) {
    throw new NautilusError('SOURCE_INVALID', `${path} is packed with ${packing.name}, expected plain or gzip data`, {
      hint: `Unpack it first: ${packing.command} ${path}`,
    })
  }
  const file = createReadStream(path, { highWaterMark: chunkBytes })
  // Errors of the file reach the loop through the unpacker, which pipe() alone would not pass on.
  const unpacker = mark.startsWith(gzipMark)
    ? file.on('error', (error) => unpacker?.destroy(error)).pipe(createGunzip({ chunkSize: chunkBytes }))
    : null
  return {
    sizeBytes,
    chunks: unpacker ?? file,
    readBytes: () => file.bytesRead,
    close: () => {
      file.destroy()
      unpacker?.destroy()
    },
  }
}

/** How the unpacked data begins, for telling its format. */
export async function headOf(path: string, purpose: FilePurpose): Promise<string> {
  const bytes = await openMarketBytes(path, purpose)
  try {
    for await (const chunk of bytes.chunks) return chunk.toString('latin1', 0, headBytes)
  } catch (cause) {
    throw unreadable(`${path}:1`, cause)
  } finally {
    bytes.close()
  }
  return ''
}

/** The lines of a file, one a call. */
export async function* linesOf(path: string, purpose: FilePurpose): AsyncGenerator<string> {
  const bytes = await openMarketBytes(path, purpose)
  const decoder = new TextDecoder()
  let rest = ''
  let row = 0
  try {
    for await (const chunk of bytes.chunks) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split(/\r?\n/)
      rest = lines.pop() ?? ''
      for (const line of lines) {
        row += 1
        yield line
      }
    }
  } catch (cause) {
    throw unreadable(`${path}:${row + 1}`, cause)
  } finally {
    bytes.close()
  }
  if (rest !== '') yield rest
}

/** The failure of a read, at the place that was reached. */
export function unreadable(place: string, cause: unknown): NautilusError {
  const code = errorCodeOf(cause)
  const hint = 'Copy the file again; its size should be that of the original.'
  if (code === 'Z_BUF_ERROR') {
    const message = `${place} the gzip data ends in the middle, expected its end mark`
    return new NautilusError('SOURCE_INVALID', message, { cause, hint })
  }
  if (code.startsWith('Z_')) {
    const message = `${place} the gzip data is damaged (${code}), expected valid gzip`
    return new NautilusError('SOURCE_INVALID', message, { cause, hint })
  }
  return new NautilusError('SOURCE_INVALID', `${place} cannot be read: ${code}`, { cause })
}

async function checkedSize(path: string, { expected, hint }: FilePurpose): Promise<number> {
  const file = await open(path).catch((cause: unknown) => {
    const missing = errorCodeOf(cause) === 'ENOENT'
    const message = missing
      ? `${path} does not exist, expected ${expected}`
      : `${path} cannot be read: ${errorCodeOf(cause)}`
    throw new NautilusError('SOURCE_INVALID', message, { cause, hint })
  })
  try {
    const facts = await file.stat()
    if (facts.isFile()) return facts.size
  } finally {
    await file.close()
  }
  throw new NautilusError('SOURCE_INVALID', `${path} is no file, expected ${expected}`, { hint })
}

async function firstBytes(path: string, count: number): Promise<string> {
  const file = await open(path)
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(count), 0, count, 0)
    return buffer.toString('latin1', 0, bytesRead)
  } finally {
    await file.close()
  }
}

function errorCodeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : String(error)
}
