type Column = Float64Array | Int32Array | Uint32Array | Uint16Array | Uint8Array

/** `larger` with the values of `old` at its beginning: how a column grows. */
export function enlarged<Same extends Column>(larger: Same, old: Same): Same {
  larger.set(old)
  return larger
}
