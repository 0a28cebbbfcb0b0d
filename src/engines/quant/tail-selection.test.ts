import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Random } from '../../core/random.js'
import { backends } from './kernel-backends.js'
import { createTailSelection } from './kernels.js'

const many = 10_000
const selections = backends.map((backend) => createTailSelection(many, backend))
const finite = fc.double({ noNaN: true, noDefaultInfinity: true })

test('selects what sorting would put first, the largest of it last', () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(finite, fc.integer({ min: -2, max: 2 })), { minLength: 1 }),
      fc.nat(),
      (drawn, nat) => {
        expectSelected(Float64Array.from(drawn), 1 + (nat % drawn.length))
      },
    ),
    { numRuns: 500 },
  )
})

const random = new Random(7)
test.each([
  { name: 'drawn', value: () => random.normal() },
  { name: 'with many equal ones', value: () => random.below(5) },
  { name: 'all equal', value: () => 3 },
  { name: 'rising', value: (index: number) => index },
  { name: 'falling', value: (index: number) => -index },
  { name: 'rising and falling', value: (index: number) => Math.abs(index - many / 2) },
  { name: 'with the least where the probe looks', value: (index: number) => (index % 39 === 0 ? index - many : index) },
  { name: 'with the largest where the probe looks', value: (index: number) => (index % 39 === 0 ? many : -index) },
])('selects from 10,000 values $name', ({ value }) => {
  const values = Float64Array.from({ length: many }, (_, index) => value(index))
  for (const count of [1, 2, 101, 501, 5_000, 9_999, many]) expectSelected(values, count)
})

test('a selection does not depend on what the buffers held', () => {
  for (const selection of selections) {
    selection.selectSmallest(new Float64Array(many).fill(-1e9), many)
    selection.selectSmallest(Float64Array.of(5, 4, 6), 2)
    expect([...selection.tail.subarray(0, 2)]).toEqual([4, 5])
  }
})

test('a sample in the own buffer is selected from where it lies', () => {
  for (const selection of selections) {
    selection.values.set([7, 3, 9, 1])
    selection.selectSmallest(selection.values.subarray(1, 4), 2)
    expect([...selection.tail.subarray(0, 2)]).toEqual([1, 3])
    expect([...selection.values.subarray(0, 4)]).toEqual([7, 3, 9, 1])
  }
})

test.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
  '%s is refused wherever it stands',
  (value) => {
    for (const selection of selections) {
      for (const index of [0, 1, 39, 40, many - 1]) {
        const values = Float64Array.from({ length: many }, (_, at) => (at === index ? value : at))
        const text = `value ${index} of ${many} is ${value}, must be a finite number`
        expect(() => selection.selectSmallest(values, 500)).toThrow(text)
      }
      expect(() => selection.selectSmallest(Float64Array.of(1, value), 1)).toThrow('value 1 of 2')
    }
  },
)

function expectSelected(values: Float64Array, count: number): void {
  const before = values.slice()
  for (const selection of selections) {
    selection.selectSmallest(values, count)
    expect(values).toEqual(before)
    const found = selection.tail.slice(0, count)
    const last = found.at(-1)
    expect(found.every((value) => value <= (last ?? Number.NaN))).toBe(true)
    // Zeros of either sign are equal, and an order between them is none.
    const plain = (array: Float64Array): number[] => [...array].map((value) => value + 0)
    expect(plain(found.sort())).toEqual(plain(values.slice().sort().subarray(0, count)))
  }
}
