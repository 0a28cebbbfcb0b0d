import { join } from 'node:path'
import { expect, test } from 'vitest'
import { packageRoot } from '../core/paths.js'
import { busAddress as handedOver, type RedisAddress } from '../platform/bus/config.js'
import { busAddress } from './bus-address.js'
import { loadProfile } from './load.js'
import { summaryText } from './report.js'

const cwd = join(packageRoot(), 'fixtures/profiles')
const addresses = { bus: 'unix:/run/bus.sock', 'market-bus': 'redis://127.0.0.1:6380' }
const profileOf = (name: string) => loadProfile(`./${name}.yaml`, { cwd, env: {} })
const addressOf = (name: string) => busAddress(profileOf(name), 'abc123', addresses)

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

test('a check tells which topics each bus carries', () => {
  expect(summaryText(profileOf('sound'))).toContain('; bus redis\n')
  expect(summaryText(profileOf('two-buses'))).toContain('; buses bus, market-bus (market.event, tick)\n')
})

test('frames, batches and priorities reach the bus that asks for them', () => {
  const [first, market] = busesOf('two-buses')
  expect(first).not.toHaveProperty('codec')
  expect(first).not.toHaveProperty('batch')
  expect(market?.codec).toMatchObject({ kind: 'adaptive', compressFromBytes: 4_096, types: { tick: 1, signal: 4 } })
  expect(market?.batch).toMatchObject({ window: 500_000, messagesMax: 80, urgent: ['market.event'] })
})

function busesOf(name: string): readonly RedisAddress[] {
  const address = addressOf(name)
  return address.kind === 'routed' ? address.buses : []
}
