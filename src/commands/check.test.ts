import { expect, test } from 'vitest'
import type { Io } from '../core/io.js'
import { packageRoot } from '../core/paths.js'
import { checkCommand } from './check.js'
import { schemaCommand } from './schema.js'

const cwd = packageRoot()

type Ran = { readonly out: string; readonly err: string; readonly code: number | null }

async function run(args: readonly string[], env: Io['env'] = {}, make = checkCommand): Promise<Ran> {
  let out = ''
  let err = ''
  let code: number | null = null
  const io: Io = {
    out: (text) => {
      out += text
    },
    err: (text) => {
      err += text
    },
    cwd,
    env,
    terminal: false,
    color: false,
    columns: 80,
    stop: new AbortController().signal,
  }
  const command = make(io, (given) => {
    code = given
  })
  await command.parseAsync([...args], { from: 'user' })
  return { out, err, code }
}

test.each(['quickstart', 'algo-200ms', 'minimal'])('the shipped profile %s is sound', async (name) => {
  const { out, code } = await run([name])
  expect(out).toMatch(new RegExp(`^profiles/${name}\\.yaml: ok\n`))
  expect(code).toBe(0)
})

test('a sound profile is summed up in a few lines', async () => {
  expect((await run(['quickstart', '--set', 'load.duration=20s'])).out).toBe(`profiles/quickstart.yaml: ok
  Two order gateways and a matching engine, more than 1,000 orders/s by HTTP, p95 within 20 ms.
  system  bus (redis), store (postgres); bus redis
  engines order-gateway x2, matching
  load    orders: generated orders, seed 20261120
  when    poisson 1,050/s
  for     8 s warm-up + 20 s measured, 21,000 orders + at most 2 s drain
  sla     end to end p95 20 ms; 4 budget groups; 2 checks
`)
})

test('a profile that drives a plain target is summed up without a bus', async () => {
  expect((await run(['fixtures/profiles/target-sound.yaml'])).out).toBe(`fixtures/profiles/target-sound.yaml: ok
  system  no services
  engines shop
  load    http: POST shop/orders?seq={{seq}}, seed 20261120
  when    steps low 100/s, high 500/s
  for     5 s warm-up + 15 s measured, 3,500 requests + at most 5 s drain
  sla     end to end p95 20 ms; 2 budget groups; 0 checks
`)
})

test('a profile with problems fails with all of them', async () => {
  const checked = run(['fixtures/profiles/unknown-key.yaml'])
  await expect(checked).rejects.toMatchObject({
    code: 'PROFILE_INVALID',
    exit: 2,
    message: expect.stringContaining('profile fixtures/profiles/unknown-key.yaml:3:1   unknown key "laod"'),
  })
})

test('--json gives the problems as data and exit code 2', async () => {
  const { out, code } = await run(['fixtures/profiles/unknown-key.yaml', '--json', '--set', 'load.seed=x'])
  expect(code).toBe(2)
  expect(JSON.parse(out)).toMatchObject({
    ok: false,
    profile: null,
    problems: [
      {
        place: { file: 'fixtures/profiles/unknown-key.yaml', line: 3, column: 1 },
        text: 'unknown key "laod"; did you mean "load"?',
      },
      {},
      {},
      { place: { option: '--set load.seed=x' }, text: 'load.seed is "x", must be a whole number' },
    ],
  })
})

test('--json of a sound profile holds it resolved', async () => {
  const { out, code } = await run(['algo-200ms', '--json'])
  expect(code).toBe(0)
  expect(JSON.parse(out)).toMatchObject({
    ok: true,
    problems: [],
    profile: { name: 'algo-200ms', load: { warmup: '5s' } },
  })
})

test('--origins shows each value and its place, secrets masked', async () => {
  const env = { BUS_PASSWORD: 'opensesame', PRICER_KEY: 'key-of-pricer' }
  const { out } = await run(['fixtures/profiles/secrets.yaml', '--origins'], env)
  expect(out).toMatch(
    /^services\.bus\.url +redis:\/\/:\*\*\*@10\.0\.0\.1:6379 +fixtures\/profiles\/secrets\.yaml:4:28$/m,
  )
  expect(out).toMatch(/^load\.drain +5s +default$/m)
  expect(out).not.toMatch(/opensesame|key-of-pricer|hunter2/)
})

test('--list names the profiles that a bare name can mean', async () => {
  const { out, code } = await run(['--list'])
  expect(code).toBe(0)
  expect(out).toMatch(/^minimal +profiles\/minimal\.yaml +The whole pipeline inside the bench/m)
})

test('no profile is a usage error', async () => {
  await expect(run([])).rejects.toMatchObject({ code: 'USAGE' })
})

test('schema prints JSON Schema', async () => {
  const { out, code } = await run([], {}, schemaCommand)
  expect(code).toBe(0)
  expect(JSON.parse(out)).toMatchObject({ title: 'nautilus profile', type: 'object' })
})
