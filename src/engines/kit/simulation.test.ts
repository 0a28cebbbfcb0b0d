import { expect, test } from 'vitest'
import { z } from 'zod'
import { durationNs, instantNs } from '../../core/units.js'
import { tickWith } from '../model/message-fixture.js'
import { topics } from '../model/messages.js'
import { defineEngine, type EngineContext } from './define.js'
import { openSimulation, type Simulation, settingsProblems } from './simulation.js'

type Heard = { readonly topic: string; readonly seq: number; readonly body: unknown; readonly now: number }

async function simulated(delayNs = 0): Promise<{ readonly simulation: Simulation; readonly heard: Heard[] }> {
  const heard: Heard[] = []
  const simulation = await openSimulation(
    {},
    {
      startAt: instantNs(100),
      delayOf: () => durationNs(delayNs),
      onMessage: (topic, { seq, body }, now) => heard.push({ topic, seq, body, now }),
    },
  )
  return { simulation, heard }
}

const engineOf = (
  handle: (context: EngineContext) => (input: Parameters<ReturnType<typeof asEngine>['handle']>[0]) => void,
) =>
  defineEngine({
    name: 'under-test',
    consumes: [topics.tick],
    produces: [topics.signal],
    config: z.strictObject({}),
    deadlineNs: () => durationNs(50),
    create: (_settings, context) => asEngine(handle(context)),
  })
const asEngine = (handle: (input: Parameters<EngineContext['hold']>[0]) => void) => ({ handle })

test('messages arrive after their delay, and what an engine emits goes on from then', async () => {
  const { simulation, heard } = await simulated(10)
  simulation.add(
    engineOf((context) => (input) => context.emit(input, topics.signal, context.clock.now())),
    {},
  )
  simulation.send(topics.tick, tickWith({}), 7)
  simulation.advance(instantNs(109))
  expect(heard.map(({ topic }) => topic)).toEqual(['tick'])
  simulation.advance(instantNs(110))
  expect(heard[1]).toEqual({ topic: 'signal', seq: 7, body: 110, now: 110 })
  expect(simulation.now).toBe(110)
})

test('an input that is held too long fails at its deadline, and what comes of it then is suppressed', async () => {
  const { simulation, heard } = await simulated()
  simulation.add(
    engineOf((context) => (input) => {
      context.hold(input)
      context.after(durationNs(input.envelope.seq === 0 ? 20 : 80), () => context.emit(input, topics.signal, null))
    }),
    {},
  )
  for (const seq of [0, 1]) simulation.send(topics.tick, tickWith({}), seq)
  simulation.advance(instantNs(1_000))
  expect(heard.slice(2)).toEqual([
    { topic: 'signal', seq: 0, body: null, now: 120 },
    {
      topic: 'outcome',
      seq: 1,
      body: { outcome: 'failed', reason: 'under-test deadline', engine: 'under-test' },
      now: 150,
    },
  ])
  expect(simulation.counters).toEqual({ 'under-test': { suppressed: 1 } })
})

test('a timer that is cancelled never fires, and one outcome is told for a tick', async () => {
  const { simulation, heard } = await simulated()
  let fired = 0
  simulation.add(
    engineOf((context) => (input) => {
      const cancel = context.after(durationNs(10), () => {
        fired += 1
      })
      cancel()
      context.finish(input, 'noTrade', 'first')
      context.finish(input, 'rejected', 'second')
    }),
    {},
  )
  simulation.send(topics.tick, tickWith({}), 3)
  simulation.advance(instantNs(1_000))
  expect(fired).toBe(0)
  expect(heard.slice(1).map(({ body }) => body)).toEqual([
    { outcome: 'noTrade', reason: 'first', engine: 'under-test' },
  ])
})

test('settings that the pipeline does not take are told by engine and field', () => {
  expect(settingsProblems({ strategy: { qty: 5 }, risk: {} })).toEqual([])
  expect(settingsProblems({ strategy: { qty: 0 }, backtesting: {} })).toEqual([
    expect.stringMatching(/^strategy\.qty: /),
    expect.stringMatching(/^"backtesting" is no engine of the pipeline; those are market-data, signals/),
  ])
})
