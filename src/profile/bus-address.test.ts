import { join } from 'node:path'
import { expect, test } from 'vitest'
import { packageRoot } from '../core/paths.js'
import { busAddress as handedOver } from '../platform/bus/config.js'
import { busAddress } from './bus-address.js'
import { loadProfile } from './load.js'

const cwd = join(packageRoot(), 'fixtures/profiles')
const addresses = { bus: 'unix:/run/bus.sock', 'market-bus': 'redis://127.0.0.1:6380' }
const addressOf = (name: string) => busAddress(loadProfile(`./${name}.yaml`, { cwd, env: {} }), 'abc123', addresses)

test('one bus is reached without a route', () => {
  expect(addressOf('sound')).toMatchObject({ kind: 'redis', url: 'unix:/run/bus.sock', systemId: 'abc123', latest: [] })
})

test('of two buses each topic has its own, and each bus its options', () => {
  const address = addressOf('two-buses')
  expect(address).toMatchObject({
    kind: 'routed',
    buses: [
      { url: 'unix:/run/bus.sock', backlogMax: 100_000, latest: ['tick'], connections: { max: 50 } },
      { url: 'redis://127.0.0.1:6380', backlogMax: 5_000, latest: ['tick'], connections: { max: 100 } },
    ],
    routes: { 'market.event': 1, tick: 1, signal: 0 },
  })
})

test('what is handed over to a process is read there as it was written', () => {
  for (const name of ['sound', 'two-buses']) {
    const address = addressOf(name)
    expect(handedOver.parse(JSON.parse(JSON.stringify(address)))).toEqual(address)
  }
})
