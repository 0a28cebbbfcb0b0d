import { type Kernel, wasmFrom } from './break-even.js'
import { wasmSupported } from './wasm-memory.js'

/** What a kernel runs on; results name it. A device would be one more, with a break-even size of its own. */
export const backends = ['typescript', 'wasm'] as const
export type Backend = (typeof backends)[number]

/**
 * The backend for a kernel that works on `size` values: the one that is faster from there on, or the one that is asked for.
 * WebAssembly needs a processor with vector instructions of 2008 or later; without them it is TypeScript, whatever is asked for.
 */
export function backendFor(kernel: Kernel, size: number, asked?: Backend): Backend {
  const chosen = asked ?? (size >= wasmFrom[kernel] ? 'wasm' : 'typescript')
  return chosen === 'wasm' && !wasmSupported() ? 'typescript' : chosen
}
