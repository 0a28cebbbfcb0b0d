import fc from 'fast-check'
import { expect, test } from 'vitest'
import { bucketCount } from '../../stats/histogram.js'
import { PackedIntervals } from './packed-intervals.js'

const held = fc.record({
  bucket: fc.oneof(fc.nat(bucketCount - 1), fc.nat(600)),
  count: fc.oneof(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 1, max: 200_000 })),
})

test('every interval gives back what was put into it, however far apart and many', () => {
  fc.assert(
    fc.property(fc.array(fc.array(held, { maxLength: 40 }), { maxLength: 6 }), (intervals) => {
      const packed = new PackedIntervals()
      const tables = intervals.map((samples) => {
        const table = new Float64Array(bucketCount)
        for (const { bucket, count } of samples) table[bucket] = count
        packed.append(table)
        return table
      })
      for (const [interval, table] of tables.entries()) {
        const found = new Float64Array(bucketCount)
        let last = -1
        packed.forEach(interval, (bucket, count) => {
          expect(bucket).toBeGreaterThanOrEqual(last)
          last = bucket
          found[bucket] = (found[bucket] ?? 0) + count
        })
        expect(found).toEqual(table)
      }
      packed.forEach(tables.length, () => expect.unreachable('no such interval'))
    }),
    { numRuns: 60 },
  )
})
