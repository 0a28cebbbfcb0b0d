import { expect, test } from 'vitest'
import { instantNs } from '../../core/units.js'
import { createLog, errorFacts } from './log.js'
import { DurationSummary, Registry } from './registry.js'

test('metrics are in the text format of Prometheus, read when they are asked for', () => {
  const registry = new Registry('nautilus')
  let handled = 0
  const processing = new DurationSummary()
  registry.counter('handled', 'Inputs\nhandled.', () => handled)
  registry.counter('events', 'By name.', () => ({ 'a "b"\\': 1, c: 2 }))
  registry.gauge('depth', 'Waiting.', () => 4)
  registry.summary('processing', 'Time.', processing)
  handled = 3
  for (let index = 1; index <= 100; index += 1) processing.record(index * 1_000_000)
  const lines = registry.text().split('\n')
  expect(lines.slice(0, 9)).toEqual([
    '# HELP nautilus_handled_total Inputs\\nhandled.',
    '# TYPE nautilus_handled_total counter',
    'nautilus_handled_total 3',
    '# HELP nautilus_events_total By name.',
    '# TYPE nautilus_events_total counter',
    'nautilus_events_total{name="a \\"b\\"\\\\"} 1',
    'nautilus_events_total{name="c"} 2',
    '# HELP nautilus_depth Waiting.',
    '# TYPE nautilus_depth gauge',
  ])
  const median = Number(lines.find((line) => line.includes('quantile="0.5"'))?.split(' ')[1])
  expect(median).toBeCloseTo(0.05, 3)
  expect(lines).toContain('nautilus_processing_seconds_count 100')
  expect(registry.text().endsWith('\n')).toBe(true)
})

function logOf(linesPerSecMax = 3) {
  const lines: string[] = []
  let at = 0
  const clock = { now: () => instantNs(at) }
  const log = createLog({ name: 'risk', write: (line) => lines.push(line), linesPerSecMax }, clock)
  return { log, parsed: () => lines.map((line) => JSON.parse(line)), turn: (ns: number) => (at += ns), lines }
}

test('the log is one JSON object a line', () => {
  const { log, parsed, lines } = logOf()
  log('warn', 'two\nlines', { seq: 7 })
  expect(lines).toHaveLength(1)
  expect(lines[0]?.endsWith('}\n')).toBe(true)
  expect(parsed()[0]).toMatchObject({ level: 'warn', name: 'risk', text: 'two\nlines', seq: 7 })
})

test('a flood is cut to its share of each second, and what was left out is told', () => {
  const { log, parsed, turn } = logOf()
  for (let index = 0; index < 10; index += 1) log('error', 'again')
  turn(1_000_000_000)
  log('error', 'after')
  expect(parsed()).toHaveLength(4)
  expect(parsed()[3]).toMatchObject({ text: 'after', leftOut: 7 })
})

test('a line that is too long is cut and stays JSON', () => {
  const { log, parsed } = logOf()
  log('error', '"'.repeat(20_000))
  expect(parsed()[0]).toMatchObject({ truncated: true })
  expect(parsed()[0].text).toHaveLength(4_096)
})

test('errors are told by class, message and place', () => {
  expect(errorFacts(new RangeError('beyond'))).toMatchObject({ error: 'RangeError', message: 'beyond' })
  expect(errorFacts('text')).toEqual({ error: 'text' })
})
