import { join } from 'node:path'
import { expect, test } from 'vitest'
import { packageRoot } from '../core/paths.js'
import { loadProfile } from './load.js'
import { maskedInput, originsOf } from './origins.js'
import { checkedJson, originsText, summaryText } from './report.js'

const cwd = join(packageRoot(), 'fixtures/profiles')
const env = { BUS_PASSWORD: 'opensesame', PRICER_KEY: 'k3y', DURATION: '20s' }
const profile = loadProfile('./secrets.yaml', { cwd, env, set: ['load.arrivals.rate=500/s'] })

test.each([
  { path: 'name', value: 'secrets', from: 'secrets.yaml:2:7' },
  { path: 'sla.budget.bus.p95', value: '40ms', from: 'sound.yaml:20:17' },
  { path: 'load.arrivals.rate', value: '500/s', from: '--set load.arrivals.rate=500/s' },
  { path: 'load.source.kind', value: 'generated', from: 'default' },
  { path: 'load.drain', value: '5s', from: 'default' },
  { path: 'load.duration', value: '20s', from: 'secrets.yaml:12:13' },
  { path: 'engines.risk.restart.window', value: '60s', from: 'default' },
  { path: 'engines.order-gateway.settings.pacing.orderPlacement.rate', value: '1500/s', from: 'default' },
  { path: 'services.bus.url', value: 'redis://:***@10.0.0.1:6379', from: 'secrets.yaml:4:28' },
  { path: 'services.store.url', value: 'postgres://desk:***@db/x', from: 'secrets.yaml:5:33' },
  { path: 'engines.pricer.env.API_TOKEN', value: '***', from: 'secrets.yaml:10:23' },
])('$path comes from $from', (origin) => {
  expect(originsOf(profile, cwd)).toContainEqual(origin)
})

test('a value too short to be masked in text is masked where it is the whole value', () => {
  const short = loadProfile('./secrets.yaml', {
    cwd,
    env: { ...env, BUS_PASSWORD: 'ab1' },
    set: ['engines.pricer.env.API_TOKEN=x'],
  })
  expect(originsOf(short, cwd)).toContainEqual(
    expect.objectContaining({ path: 'engines.pricer.env.API_TOKEN', value: '***' }),
  )
})

test('no form of output shows a secret', () => {
  const outputs = [
    originsText(profile, cwd),
    summaryText(profile),
    JSON.stringify(maskedInput(profile)),
    JSON.stringify(checkedJson({ profile, problems: [] }, cwd)),
  ]
  for (const secret of ['opensesame', 'hunter2', 'abc-def-ghi']) {
    for (const output of outputs) expect(output).not.toContain(secret)
  }
  expect(maskedInput(profile)).toMatchObject({ load: { duration: '20s' }, sla: { endToEnd: { p95: '200ms' } } })
})
