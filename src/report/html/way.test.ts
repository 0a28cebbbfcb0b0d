import { expect, test } from 'vitest'
import { inWayOrder } from './way.js'

const part = (stage: string, kind: 'queue' | 'processing' | 'transit') => ({ stage, kind })

test('parts stand in the order in which a request passes them, from the driver and back to it', () => {
  const listed = [
    part('risk', 'processing'),
    part('risk', 'queue'),
    part('feed', 'processing'),
    part('driver', 'queue'),
    part('driver', 'processing'),
    part('feed->risk', 'transit'),
    part('driver->feed', 'transit'),
    part('risk->driver', 'transit'),
  ]
  expect(inWayOrder(listed).map(({ stage, kind }) => `${stage} ${kind}`)).toEqual([
    'driver processing',
    'driver->feed transit',
    'feed processing',
    'feed->risk transit',
    'risk queue',
    'risk processing',
    'risk->driver transit',
    'driver queue',
  ])
})

test('ways that part and meet, run in circles or begin nowhere lose no part and repeat none', () => {
  const listed = [
    part('b->c', 'transit'),
    part('c->b', 'transit'),
    part('driver->a', 'transit'),
    part('a->b', 'transit'),
    part('a->c', 'transit'),
    part('c->driver', 'transit'),
    part('lone', 'processing'),
    part('b', 'queue'),
    part('c', 'queue'),
  ]
  const ordered = inWayOrder(listed)
  expect(ordered.length).toBe(listed.length)
  expect(new Set(ordered)).toEqual(new Set(listed))
  expect(ordered[0]).toEqual(part('driver->a', 'transit'))
  expect(ordered.at(-1)).toEqual(part('c->driver', 'transit'))
})
