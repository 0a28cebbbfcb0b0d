// Entry of the WebAssembly module: AssemblyScript, compiled by `scripts/build-kernels.mjs`. Every function works on byte offsets into
// one memory, which the caller makes and lays out; nothing is allocated here. `wasm-memory.ts` states the same functions as types.

export { correlate } from './correlation'
export { blockReturns } from './monte-carlo'
export { drawNormals } from './normals'
export { orthogonalise } from './orthogonalise'
export { selectSmallest } from './tail-selection'

/** Where the caller's part of the memory begins. */
export function heapBase(): usize {
  return __heap_base
}
