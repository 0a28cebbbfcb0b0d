import { expect, test } from 'vitest'
import { processSpec } from './child-fixture.js'
import { assertOrder, dependentsOf } from './order.js'

const part = (name: string, ...needs: string[]) =>
  processSpec(name, ['true'], { dependsOn: Object.fromEntries(needs.map((need) => [need, 'ready' as const])) })

test.each([
  { name: 'a circle', processes: [part('a', 'b'), part('b', 'c'), part('c', 'a')], message: 'a -> b -> c -> a' },
  { name: 'one that waits for itself', processes: [part('a', 'a')], message: 'a -> a' },
  { name: 'an unknown name', processes: [part('a', 'x')], message: 'a depends on x' },
  { name: 'a name used twice', processes: [part('a'), part('a')], message: 'a is the name of two' },
])('refuses $name', ({ processes, message }) => {
  expect(() => assertOrder({ services: [], processes })).toThrow(message)
})

test('accepts a graph over services too, and knows who waits for whom', () => {
  const processes = [part('a', 'bus'), part('b', 'a'), part('c', 'a', 'b')]
  assertOrder({ services: [{ name: 'bus', config: { kind: 'redis', durable: false } }], processes })
  expect(dependentsOf('a', processes).map(({ name }) => name)).toEqual(['b', 'c'])
})
