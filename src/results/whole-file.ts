import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import { messageOf, NautilusError } from '../core/errors.js'
import { followed, isOutOfSpace, refuseUnwritable } from './store.js'

// A long file that a person named, written piece by piece: nobody sees half of it under its name.

const bufferCharsMax = 262_144

class WholeFile {
  readonly #name: string
  readonly #path: string
  readonly #partial: string
  readonly #handle: FileHandle
  #pieces: string[] = []
  #chars = 0

  private constructor(name: string, paths: { readonly path: string; readonly partial: string }, handle: FileHandle) {
    this.#name = name
    this.#path = paths.path
    this.#partial = paths.partial
    this.#handle = handle
  }

  static async open(cwd: string, name: string): Promise<WholeFile> {
    await refuseUnwritable(cwd, [name])
    const path = await followed(resolve(cwd, name))
    const partial = `${path}.${process.pid}.partial`
    const handle = await open(partial, 'w').catch((cause: unknown) => {
      throw openFailure(name, cause)
    })
    return new WholeFile(name, { path, partial }, handle)
  }

  add(text: string): void {
    this.#pieces.push(text)
    this.#chars += text.length
  }

  /** Writes what was added, once it is worth a write. */
  async flush(): Promise<void> {
    if (this.#chars >= bufferCharsMax) await this.#write()
  }

  /** Gives the file its name. */
  async keep(): Promise<void> {
    await this.#write()
    try {
      await this.#handle.close()
      await rename(this.#partial, this.#path)
    } catch (cause) {
      throw writeFailure(this.#name, cause)
    }
  }

  /** Removes what was written; what had the name before is as it was. The failure that led here is the one to be told. */
  async discard(): Promise<void> {
    await Promise.allSettled([this.#handle.close()])
    await Promise.allSettled([rm(this.#partial, { force: true })])
  }

  async #write(): Promise<void> {
    const text = this.#pieces.join('')
    this.#pieces = []
    this.#chars = 0
    await this.#handle.writeFile(text).catch((cause: unknown) => {
      throw writeFailure(this.#name, cause)
    })
  }
}

/** Writes a file by a function: kept where it ends well, and no trace of it where not. */
export async function writingWhole<Written>(
  cwd: string,
  name: string,
  write: (file: WholeFile) => Promise<Written>,
): Promise<Written> {
  const file = await WholeFile.open(cwd, name)
  try {
    const written = await write(file)
    await file.keep()
    return written
  } catch (error) {
    await file.discard()
    throw error
  }
}

function openFailure(name: string, cause: unknown): NautilusError {
  if (isOutOfSpace(cause)) return writeFailure(name, cause)
  return new NautilusError('USAGE', `${name} cannot be written: ${messageOf(cause)}`, {
    cause,
    hint: 'Name a file in a folder that exists and is yours to write.',
  })
}

function writeFailure(name: string, cause: unknown): NautilusError {
  if (isOutOfSpace(cause)) return new NautilusError('DISK_FULL', `no space to write ${name}`, { cause })
  return new NautilusError('WRITE_FAILED', `${name} was not written: ${messageOf(cause)}`, { cause })
}
