/** The kernels that have more than one backend. */
export type Kernel = 'tail-selection' | 'normals' | 'monte-carlo' | 'correlation' | 'orthogonalise'

/** The number of values from which WebAssembly is the faster one, as `npm run bench:kernels -- --break-even` finds it. */
export const wasmFrom: Readonly<Record<Kernel, number>> = {
  'tail-selection': 32,
  normals: 256,
  'monte-carlo': 8,
  correlation: 16,
  orthogonalise: 32,
}
