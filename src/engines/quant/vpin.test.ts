import fc from 'fast-check'
import { expect, test } from 'vitest'
import { BulkClassifier, bulkBuyShare } from './bulk-classification.js'
import { sampleMoments } from './moments.js'
import { EnhancedVpin, Vpin } from './vpin.js'

const prices = [100, 100.1, 100, 100.3, 100.2, 100.2, 99.9, 100, 100.4, 100.1, 100.1]
const volumes = [60, 40, 80, 70, 50, 30, 90, 60, 20, 100, 0]
const changes = prices.slice(1).map((price, index) => price - (prices[index] ?? Number.NaN))
const small = { bucketVolume: 100, buckets: 3, historyMax: 100 }

test('the reference case: ten bars in five buckets, classified in bulk', () => {
  const { deviation } = sampleMoments(Float64Array.from(changes))
  expect(deviation).toBeCloseTo(0.22827858224351996, 13)
  const vpin = new Vpin(small)
  // A span of one bucket shows what was bought in each.
  const single = new Vpin({ ...small, buckets: 1 })
  const [figures, imbalances]: [number[], number[]] = [[], []]
  changes.forEach((change, index) => {
    const buyShare = bulkBuyShare(change, deviation)
    const before = vpin.bucketCount
    vpin.add(volumes[index + 1] ?? Number.NaN, buyShare)
    single.add(volumes[index + 1] ?? Number.NaN, buyShare)
    if (vpin.bucketCount === before) return
    imbalances.push(single.value ?? Number.NaN)
    if (vpin.value !== undefined) figures.push(vpin.value)
  })
  const bought = [46.61341886982879, 73.31267498972399, 31.058603446094402, 32.43669367321601, 38.252795621695256]
  expect(imbalances.length).toBe(5)
  bought.forEach((buy, index) => {
    expect(imbalances[index]).toBeCloseTo(Math.abs(100 - 2 * buy) / 100, 12)
  })
  const expected = [0.3042710178253386, 0.3987825191360905, 0.32167938172662885]
  expect(figures.length).toBe(3)
  expected.forEach((figure, index) => {
    expect(figures[index]).toBeCloseTo(figure, 12)
  })
})

test('nothing is told before enough buckets are full, and the one that is filling does not count', () => {
  const vpin = new Vpin(small)
  vpin.add(299, 1)
  expect(vpin).toMatchObject({ bucketCount: 2, value: undefined, percentileRank: undefined })
  vpin.add(1, 1)
  expect(vpin).toMatchObject({ bucketCount: 3, value: 1, percentileRank: undefined })
  vpin.add(99, 0)
  expect(vpin).toMatchObject({ bucketCount: 3, value: 1 })
  vpin.add(1, 0)
  expect(vpin).toMatchObject({ bucketCount: 4, value: 1 })
})

test('a trade over the edge of a bucket counts in both', () => {
  const vpin = new Vpin({ ...small, buckets: 2 })
  vpin.add(50, 1)
  vpin.add(100, 0)
  vpin.add(50, 1)
  // Each bucket holds 50 bought and 50 sold.
  expect(vpin.value).toBe(0)
})

const someTrades = fc.array(fc.tuple(fc.integer({ min: 0, max: 700 }), fc.integer({ min: 0, max: 8 })), {
  maxLength: 60,
})

test('a figure lies between 0 and 1, and is that of the definition', () => {
  fc.assert(
    fc.property(someTrades, fc.integer({ min: 1, max: 5 }), (trades, buckets) => {
      const vpin = new Vpin({ ...small, buckets })
      // Unit by unit: eighths of a share are exact, so that sums can be compared as they are.
      const units: number[] = []
      for (const [volume, eighths] of trades) {
        vpin.add(volume, eighths / 8)
        for (let unit = 0; unit < volume; unit += 1) units.push(eighths / 8)
      }
      const full = Math.floor(units.length / 100)
      expect(vpin.bucketCount).toBe(full)
      if (full < buckets) {
        expect(vpin.value).toBeUndefined()
        return
      }
      let sum = 0
      for (let bucket = full - buckets; bucket < full; bucket += 1) {
        const bought = units.slice(bucket * 100, (bucket + 1) * 100).reduce((total, share) => total + share, 0)
        sum += Math.abs(100 - 2 * bought)
      }
      expect(vpin.value).toBeCloseTo(sum / (buckets * 100), 13)
      expect(vpin.value).toBeGreaterThanOrEqual(0)
      expect(vpin.value).toBeLessThanOrEqual(1)
    }),
  )
})

test('it does not matter into how many trades of one side a volume is cut', () => {
  fc.assert(
    fc.property(someTrades, fc.integer({ min: 1, max: 7 }), (trades, parts) => {
      const [whole, cut] = [new Vpin(small), new Vpin(small)]
      for (const [volume, eighths] of trades) {
        whole.add(volume * parts, eighths / 8)
        for (let part = 0; part < parts; part += 1) cut.add(volume, eighths / 8)
      }
      expect(cut.bucketCount).toBe(whole.bucketCount)
      expect(cut.value).toBe(whole.value)
      expect(cut.percentileRank).toBe(whole.percentileRank)
    }),
  )
})

test('a trade of a trillion buckets ends, and leaves what as many single buckets would', () => {
  const [at, after] = [new Vpin({ ...small, historyMax: 10 }), new Vpin({ ...small, historyMax: 10 })]
  for (const vpin of [at, after]) for (const share of [1, 0.5, 0.25, 1, 0.75]) vpin.add(100, share)
  at.add(1e14, 0.75)
  for (let bucket = 0; bucket < 50; bucket += 1) after.add(100, 0.75)
  expect(at.bucketCount).toBe(1e12 + 5)
  expect(at.value).toBe(after.value)
  expect(at.percentileRank).toBe(after.percentileRank)
  at.add(100, 1)
  after.add(100, 1)
  expect(at.value).toBe(after.value)
  expect(at.percentileRank).toBe(1)
})

test('the rank is the share of earlier figures below, with equal ones by half, within the history', () => {
  const vpin = new Vpin({ bucketVolume: 8, buckets: 1, historyMax: 4 })
  const ranks = [4, 6, 5, 8, 6, 7, 4].map((bought) => {
    vpin.add(8, bought / 8)
    return vpin.percentileRank
  })
  // Figures 0, 1/2, 1/4, 1, 1/2, 3/4, 0; the last is ranked among 1/4, 1, 1/2 and 3/4.
  expect(ranks).toEqual([undefined, 1, 1 / 2, 1, 2.5 / 4, 3 / 4, 0])
  expect(vpin.historyCount).toBe(4)
})

test('several bucket sizes are followed at once, by the true aggressor', () => {
  const enhanced = new EnhancedVpin([10, 20], { buckets: 2, historyMax: 10 })
  for (const aggressor of ['buy', 'sell', 'buy', 'sell'] as const) enhanced.trade(10, aggressor)
  // Buckets of 10 are of one side each, those of 20 hold as much of both.
  expect(enhanced.sizes.map(({ value }) => value)).toEqual([1, 0])
  expect(enhanced.sizes.map(({ percentileRank }) => percentileRank)).toEqual([0.5, undefined])
})

test('a price that stands still, and one of which nothing is known, are half bought', () => {
  expect(bulkBuyShare(0, 0.2)).toBe(0.5)
  expect(bulkBuyShare(0.1, 0)).toBe(0.5)
  expect(bulkBuyShare(0.2, 0.2)).toBeCloseTo(0.8413447460685429, 14)
  expect(bulkBuyShare(-0.2, 0.2)).toBeCloseTo(0.15865525393145707, 14)
})

test('live, a bar is classified by the changes up to it, within the window', () => {
  const live = new BulkClassifier(4)
  prices.forEach((price, index) => {
    const upTo = changes.slice(Math.max(0, index - 4), index)
    const deviation = upTo.length < 2 ? 0 : sampleMoments(Float64Array.from(upTo)).deviation
    const share = live.classify(price)
    expect(live.deviation).toBeCloseTo(deviation, 13)
    if (index === 0) expect(share).toBeUndefined()
    else expect(share).toBeCloseTo(bulkBuyShare(changes[index - 1] ?? Number.NaN, deviation), 12)
  })
})

test('what is no volume, share or price is refused', () => {
  const vpin = new Vpin(small)
  for (const volume of [-1, Number.NaN, Number.POSITIVE_INFINITY]) {
    expect(() => vpin.add(volume, 1)).toThrow('a volume is not negative')
  }
  for (const share of [-0.1, 1.1, Number.NaN]) expect(() => vpin.add(1, share)).toThrow('between 0 and 1')
  expect(() => new BulkClassifier(5).classify(Number.NaN)).toThrow('a price is a finite number')
})
