import { existsSync, readFileSync } from 'node:fs'
import { assert, present } from '../../core/assert.js'
import { distFile } from '../../core/paths.js'

// The WebAssembly kernels, each user with a memory of its own: as large as what it lays out there, and never grown, so that views of it
// stay valid. The code is compiled once for the process and shared by all.

/** What the kernels of the folder `wasm` take: byte offsets, counts and figures. */
type KernelFunctions = {
  readonly heapBase: () => number
  readonly drawNormals: (
    out: number,
    first: number,
    count: number,
    state: number,
    table: number,
    unsettled: number,
    unsettledLayers: number,
  ) => number
  readonly blockReturns: (
    assets: number,
    rank: number,
    weights: number,
    shifts: number,
    factor: number,
    normals: number,
    logs: number,
    returns: number,
  ) => void
  readonly selectSmallest: (values: number, count: number, wanted: number, tail: number, probe: number) => number
  readonly correlate: (values: number, series: number, observations: number, panels: number, out: number) => number
  readonly orthogonalise: (
    method: number,
    x: number,
    out: number,
    rows: number,
    columns: number,
    work: number,
  ) => number
}

// What is used of the global that the types of Node 20 leave out.
declare namespace WebAssembly {
  class Module {
    constructor(bytes: Uint8Array)
  }
  class Memory {
    constructor(descriptor: { readonly initial: number; readonly maximum: number })
    readonly buffer: ArrayBuffer
  }
  class Instance {
    constructor(module: Module, imports: { readonly env: { readonly memory: Memory } })
    readonly exports: unknown
  }
  class CompileError extends Error {}
}

const pageBytes = 65_536
/** So that vectors never lie across two lines of the cache. */
const alignmentBytes = 64

let compiled: WebAssembly.Module | null | undefined

/** Whether the processor has the vector instructions that the kernels need. */
export const wasmSupported = (): boolean => compiledModule() !== null

function compiledModule(): WebAssembly.Module | null {
  if (compiled !== undefined) return compiled
  const file = distFile('engines/quant/kernels.wasm')
  // The TypeScript compiler alone does not make it.
  assert(existsSync(file), 'dist/ was built by `npm run build`, which compiles the kernels too')
  try {
    compiled = new WebAssembly.Module(readFileSync(file))
  } catch (error) {
    if (!(error instanceof WebAssembly.CompileError)) throw error
    compiled = null
  }
  return compiled
}

export class WasmMemory {
  readonly functions: KernelFunctions
  readonly #buffer: ArrayBuffer
  #next: number

  /** A memory for `parts` arrays of together `values` numbers of 64 bits. */
  constructor({ values, parts }: { readonly values: number; readonly parts: number }) {
    const module = present(compiledModule(), 'kernels are asked for where the processor has what they need')
    // The first page is for the constants of the module.
    const pages = 1 + Math.ceil((values * Float64Array.BYTES_PER_ELEMENT + parts * alignmentBytes) / pageBytes)
    const memory = new WebAssembly.Memory({ initial: pages, maximum: pages })
    this.functions = new WebAssembly.Instance(module, { env: { memory } }).exports as KernelFunctions
    this.#buffer = memory.buffer
    this.#next = this.functions.heapBase()
    assert(this.#next <= pageBytes, 'the constants fit in a page')
  }

  float64(length: number): Float64Array<ArrayBuffer> {
    return new Float64Array(this.#buffer, this.#take(length * Float64Array.BYTES_PER_ELEMENT), length)
  }

  int32(length: number): Int32Array<ArrayBuffer> {
    return new Int32Array(this.#buffer, this.#take(length * Int32Array.BYTES_PER_ELEMENT), length)
  }

  uint8(length: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#buffer, this.#take(length), length)
  }

  /** Where the first `count` of `values` lie in this memory; what lies elsewhere is copied to `room` before. */
  placeOf(values: Float64Array, room: Float64Array, count: number): number {
    if (values.buffer === this.#buffer) return values.byteOffset
    room.set(values.length === count ? values : values.subarray(0, count))
    return room.byteOffset
  }

  /** Copies the first `count` values of `room` to `out`, where that is another place. */
  copyTo(out: Float64Array, room: Float64Array, count: number): void {
    if (out.buffer === this.#buffer && out.byteOffset === room.byteOffset) return
    out.set(room.length === count ? room : room.subarray(0, count))
  }

  #take(bytes: number): number {
    const place = Math.ceil(this.#next / alignmentBytes) * alignmentBytes
    this.#next = place + bytes
    assert(this.#next <= this.#buffer.byteLength, 'the memory has room for all its parts')
    return place
  }
}
