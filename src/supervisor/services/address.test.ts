import { expect, test } from 'vitest'
import { isAddress, maskAddress, placeOf, postgresSocketAddress } from './address.js'

test.each([
  ['redis://:secret@10.0.0.1:6390/2', 'redis://:***@10.0.0.1:6390/2'],
  ['postgres://desk:secret@db/orders?sslkey=/k&passfile=x', 'postgres://desk:***@db/orders?sslkey=***&passfile=***'],
  ['unix:/tmp/n/redis.sock', 'unix:/tmp/n/redis.sock'],
  ['secret words', '(not a URL)'],
])('%s is shown as %s', (address, shown) => {
  expect(maskAddress(address)).toBe(shown)
})

test.each([
  ['redis://:secret@10.0.0.1:6390/2', '10.0.0.1:6390'],
  ['redis://desk', 'desk:6379'],
  ['unix:/tmp/n/redis.sock', '/tmp/n/redis.sock'],
  [postgresSocketAddress('/tmp/a b', 5432), '/tmp/a b'],
])('%s is at %s', (address, place) => {
  expect(placeOf(address, 6379)).toBe(place)
})

test('only the protocols of the kind are addresses of it', () => {
  expect(isAddress('unix:/tmp/redis.sock', ['redis:', 'unix:'])).toBe(true)
  expect(isAddress('unix:/tmp/redis.sock', ['postgres:'])).toBe(false)
  expect(isAddress('http://127.0.0.1', ['redis:'])).toBe(false)
  expect(isAddress('127.0.0.1:6379', ['redis:'])).toBe(false)
})
