import { NautilusError } from '../../core/errors.js'

/** What is wrong with a sample. Kernels find out cheaply that something is; only then it is looked for. */
export function invalidSample(values: Float64Array, name = 'returns'): NautilusError {
  if (values.length === 0) {
    return new NautilusError('SOURCE_INVALID', `${name}: there is no value`, { hint: 'Give at least one value.' })
  }
  const index = values.findIndex((value) => !Number.isFinite(value))
  if (index < 0) {
    return new NautilusError('SOURCE_INVALID', `${name}: the values are too large for their sums`, {
      hint: 'Give returns as shares of one: 0.01 for one per cent.',
    })
  }
  return new NautilusError(
    'SOURCE_INVALID',
    `${name}: value ${index} of ${values.length} is ${values[index]}, must be a finite number`,
    { hint: 'Leave it out, or fill the gap, before the figure is asked.' },
  )
}
