import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { fill, newPosition, type Position, profitOf } from './position.js'

type Fill = readonly [lots: number, price: number]

function after(fills: readonly Fill[]): Position {
  const position = newPosition()
  for (const [lots, price] of fills) fill(position, lots, price)
  return position
}

describe('worked out by hand, marked at 110', () => {
  test.each<{ name: string; fills: Fill[]; qty: number; average: number; realised: number; unrealised: number }>([
    { name: 'a buy', fills: [[10, 100]], qty: 10, average: 100, realised: 0, unrealised: 100 },
    { name: 'a sale', fills: [[-10, 100]], qty: -10, average: 100, realised: 0, unrealised: -100 },
    {
      name: 'a second buy moves the average',
      fills: [
        [10, 100],
        [30, 108],
      ],
      ...{ qty: 40, average: 106, realised: 0, unrealised: 160 },
    },
    {
      name: 'a partial close leaves the average',
      fills: [
        [10, 100],
        [30, 108],
        [-20, 111],
      ],
      ...{ qty: 20, average: 106, realised: 100, unrealised: 80 },
    },
    {
      name: 'a close of all leaves nothing open',
      fills: [
        [10, 100],
        [-4, 95],
        [-6, 105],
      ],
      ...{ qty: 0, average: 0, realised: 10, unrealised: 0 },
    },
    {
      name: 'a sale through zero closes the long and opens a short at its price',
      fills: [
        [10, 100],
        [-25, 104],
      ],
      ...{ qty: -15, average: 104, realised: 40, unrealised: -90 },
    },
    {
      name: 'a buy through zero closes the short and opens a long at its price',
      fills: [
        [-10, 100],
        [15, 97],
      ],
      ...{ qty: 5, average: 97, realised: 30, unrealised: 65 },
    },
  ])('$name', ({ fills, qty, average, realised, unrealised }) => {
    const position = after(fills)
    expect(position.qty).toBe(qty)
    expect(position.qty === 0 ? 0 : position.cost / position.qty).toBe(average)
    expect(profitOf(position, 110)).toEqual({ realised, unrealised })
  })
})

const anyFills = fc.array(
  fc.tuple(
    fc.oneof(fc.integer({ min: -20, max: -1 }), fc.integer({ min: 1, max: 20 })),
    fc.integer({ min: 1, max: 1_000 }),
  ),
  { maxLength: 200 },
)

test('any fills leave the average and the profits of an exact computation in fractions', () => {
  fc.assert(
    fc.property(anyFills, fc.integer({ min: 1, max: 1_000 }), (fills, mark) => {
      const position = after(fills)
      const exact = inFractions(fills)
      expect(position.qty).toBe(exact.qty)
      const { realised, unrealised } = profitOf(position, mark)
      expect(realised).toBeCloseTo(exact.realised, 6)
      expect(position.qty === 0 ? 0 : position.cost / position.qty).toBeCloseTo(exact.average, 8)
      expect(unrealised).toBeCloseTo(exact.qty * (mark - exact.average), 6)
    }),
  )
})

test('realised and unrealised profit are the value of the position less the cash that went in', () => {
  fc.assert(
    fc.property(anyFills, fc.integer({ min: 1, max: 2_000 }), (fills, mark) => {
      const { realised, unrealised } = profitOf(after(fills), mark / 2)
      const cash = fills.reduce((sum, [lots, price]) => sum - lots * price, 0)
      const qty = fills.reduce((sum, [lots]) => sum + lots, 0)
      expect(realised + unrealised).toBeCloseTo((qty * mark) / 2 + cash, 6)
    }),
  )
})

test('a position that only grew has an exact average, and a flat one has exact profits', () => {
  fc.assert(
    fc.property(anyFills, (fills) => {
      const bought = fills.map(([lots, price]): Fill => [Math.abs(lots), price])
      expect(profitOf(after(bought), 1).realised).toBe(0)
      const open = after(fills).qty
      const flat = after(open === 0 ? fills : [...fills, [-open, 500]])
      const cash = [...fills, [-open, 500] as const].reduce((sum, [lots, price]) => sum - lots * price, 0)
      // `+ 0` makes one zero of both.
      expect(profitOf(flat, 123).realised + 0).toBe(cash + 0)
      expect(profitOf(flat, 123).unrealised + 0).toBe(0)
    }),
  )
})

test('a thousand million lots at the highest prices are counted exactly', () => {
  const position = after(Array.from({ length: 4_000 }, (): Fill => [1_000_000_000, 2_000_000_000]))
  expect(position.netNotional).toBe(8_000_000_000_000_000_000_000n)
  fill(position, -position.qty, 2_000_000_001)
  expect(profitOf(position, 1).realised).toBe(4_000_000_000_000)
})

/** The textbook way: profit is added up close by close, in fractions of bigints. */
function inFractions(fills: readonly Fill[]): { qty: number; average: number; realised: number } {
  let qty = 0n
  let average = { top: 0n, bottom: 1n }
  let realised = { top: 0n, bottom: 1n }
  const sign = (value: bigint): bigint => (value > 0n ? 1n : value < 0n ? -1n : 0n)
  for (const [lotsNumber, priceNumber] of fills) {
    const [lots, price] = [BigInt(lotsNumber), BigInt(priceNumber)]
    const closes = sign(qty) === -sign(lots)
    const size = (value: bigint): bigint => value * sign(value)
    if (closes) {
      let closed = size(lots)
      if (closed > size(qty)) closed = size(qty)
      const top = (price * average.bottom - average.top) * closed * sign(qty)
      realised = reduced(realised.top * average.bottom + top * realised.bottom, realised.bottom * average.bottom)
    }
    const after = qty + lots
    if (after === 0n) average = { top: 0n, bottom: 1n }
    else if (!closes) {
      average = reduced(average.top * qty + price * lots * average.bottom, average.bottom * after)
    } else if (sign(after) !== sign(qty)) average = { top: price, bottom: 1n }
    qty = after
  }
  const inFloat = ({ top, bottom }: { top: bigint; bottom: bigint }): number => {
    const whole = top / bottom
    return Number(whole) + Number(((top - whole * bottom) * 1_000_000_000_000n) / bottom) / 1e12
  }
  return { qty: Number(qty), average: inFloat(average), realised: inFloat(realised) }
}

function reduced(top: bigint, bottom: bigint): { top: bigint; bottom: bigint } {
  let [a, b] = [top < 0n ? -top : top, bottom < 0n ? -bottom : bottom]
  while (b > 0n) [a, b] = [b, a % b]
  const divisor = a === 0n ? 1n : a
  return bottom < 0n
    ? { top: -top / divisor, bottom: -bottom / divisor }
    : { top: top / divisor, bottom: bottom / divisor }
}
