import { expect, test } from 'vitest'
import { normalCdf } from '../../stats/special-functions.js'
import { backends } from './kernel-backends.js'
import { createNormalStreams } from './kernels.js'
import { sampleMoments } from './moments.js'
import type { NormalStreams } from './normal-streams.js'

const blockLength = 1_024

const streamsOf = (seed: number): NormalStreams => createNormalStreams(seed, blockLength, 'typescript')

function drawn({ seed, blocks, firstBlock = 0 }: { seed: number; blocks: number; firstBlock?: number }): Float64Array {
  const streams = streamsOf(seed)
  const values = new Float64Array(blocks * blockLength)
  for (let block = 0; block < blocks; block += 1) {
    streams.fill(firstBlock + block, values.subarray(block * blockLength, (block + 1) * blockLength))
  }
  return values
}

const many = drawn({ seed: 20_261_120, blocks: 1_000 })

test('a million normals have the moments of normals', () => {
  const { mean, deviation, skew, excessKurtosis } = sampleMoments(many)
  const root = Math.sqrt(many.length)
  // Four standard errors of each.
  expect(Math.abs(mean)).toBeLessThan(4 / root)
  expect(Math.abs(deviation - 1)).toBeLessThan((4 * Math.sqrt(0.5)) / root)
  expect(Math.abs(skew)).toBeLessThan((4 * Math.sqrt(6)) / root)
  expect(Math.abs(excessKurtosis)).toBeLessThan((4 * Math.sqrt(24)) / root)
})

test('their distribution is nowhere further from the normal one than chance explains', () => {
  const sorted = many.slice().sort()
  let distance = 0
  for (let index = 0; index < sorted.length; index += 1) {
    const share = normalCdf(sorted[index] ?? Number.NaN)
    distance = Math.max(
      distance,
      Math.abs(share - index / sorted.length),
      Math.abs(share - (index + 1) / sorted.length),
    )
  }
  // Kolmogorov's limit of one in a thousand is 1.95.
  expect(distance * Math.sqrt(sorted.length)).toBeLessThan(1.95)
})

test.each([0.27, 1, 2, 3, 3.6541528853610088, 4, 4.5])('beyond %d lie as many as there should', (limit) => {
  for (const side of [-1, 1]) {
    const expected = many.length * normalCdf(-limit)
    const found = many.reduce((count, value) => count + (side * value > limit ? 1 : 0), 0)
    expect(Math.abs(found - expected)).toBeLessThan(4 * Math.sqrt(expected) + 2)
  }
})

test('a normal tells nothing of the next one, nor of its place in the next block', () => {
  const other = drawn({ seed: 20_261_121, blocks: 1_000 })
  const correlation = (a: Float64Array, b: Float64Array, lag: number): number => {
    let [product, square, count] = [0, 0, 0]
    for (let index = lag; index < a.length; index += 1) {
      const [x, y] = [a[index - lag] ?? Number.NaN, b[index] ?? Number.NaN]
      product += x * y
      square += (x * x - 1) * (y * y - 1)
      count += 1
    }
    expect(Math.abs(square / count)).toBeLessThan((4 * 2) / Math.sqrt(count))
    return product / count
  }
  for (const lag of [1, 2, 3, blockLength]) {
    expect(Math.abs(correlation(many, many, lag))).toBeLessThan(4 / Math.sqrt(many.length))
  }
  expect(Math.abs(correlation(many, other, 0))).toBeLessThan(4 / Math.sqrt(many.length))
})

test('a block is the same whatever was drawn before, and no two are', () => {
  const streams = streamsOf(5)
  const [first, again, longer] = [new Float64Array(100), new Float64Array(100), new Float64Array(300)]
  streams.fill(7, first)
  streams.fill(2 ** 32 - 1, longer)
  streams.fill(7, again)
  expect(again).toEqual(first)
  streamsOf(5).fill(7, again)
  expect(again).toEqual(first)
  const starts = new Set<number>()
  for (const seed of [0, 1, -1, 2 ** 32, 2 ** 32 + 1, Number.MAX_SAFE_INTEGER]) {
    for (const block of [0, 1, 2, 2 ** 31, 2 ** 32 - 1]) {
      streamsOf(seed).fill(block, first)
      starts.add(first[0] ?? Number.NaN)
    }
  }
  expect(starts.size).toBe(30)
})

test('a seed gives the same normals on every machine', () => {
  const values = new Float64Array(4)
  streamsOf(20_261_120).fill(3, values)
  expect([...values].map((value) => value.toFixed(9))).toEqual([
    '-0.809727783',
    '0.094168959',
    '-0.343819595',
    '2.437399807',
  ])
})

test('a seed and a block are integers', () => {
  expect(() => streamsOf(0.5)).toThrow('a seed is an integer')
  const out = new Float64Array(1)
  for (const block of [-1, 0.5, 2 ** 32]) expect(() => streamsOf(1).fill(block, out)).toThrow('32 bits')
})

test('every backend gives the same normals to the last bit, wherever they are asked for', () => {
  const [first, ...others] = backends.map((backend) => createNormalStreams(7, blockLength, backend))
  const [expected, found] = [new Float64Array(300_000), new Float64Array(300_000)]
  first?.fill(11, expected)
  for (const streams of others) {
    streams.fill(11, found)
    expect(found).toEqual(expected)
    // And from a place within a buffer on, for a length that is no multiple of anything.
    const part = expected.slice(0, 3_333)
    first?.fill(12, part)
    streams.fill(12, found.subarray(1_001, 4_334))
    expect(found.subarray(1_001, 4_334)).toEqual(part)
    expect([found[1_000], found[4_334]]).toEqual([expected[1_000], expected[4_334]])
  }
})
