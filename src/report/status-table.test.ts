import { expect, test } from 'vitest'
import type { DurationNs } from '../core/units.js'
import type { ProcessStatus, SystemStatus } from '../supervisor/spec.js'
import { readySentence, statusJson, statusText } from './status-table.js'

const engine = (name: string, pid: number): ProcessStatus => ({
  ...{
    name,
    pid,
    generation: 1,
    restartCount: 0,
    recoveryNsMax: null,
    notReadyNs: 0 as DurationNs,
    port: 8_000 + pid,
    lastExit: null,
  },
  ...{ state: 'ready' as const, readyAfterNs: 120_000_000 as DurationNs, logFile: '/x' },
})
const status: SystemStatus = {
  ...{ systemId: 'a1b2c3', profileName: 'desk', pid: 7, readyAfterNs: 1_930_000_000 as DurationNs },
  services: [{ name: 'bus', kind: 'redis', version: '7', origin: 'path', url: '', pid: 2, state: 'ready' }],
  processes: [engine('risk', 3), engine('ml', 4)],
}
const usage = [
  { name: 'bus', pid: 2, cpuShare: 0.02, rssBytes: 8 * 1024 ** 2, runQueueShare: 0 },
  { name: 'risk', pid: 3, cpuShare: 0.1, rssBytes: 80 * 1024 ** 2, runQueueShare: 0 },
  { name: 'ml', pid: 4, cpuShare: 0.3, rssBytes: 90 * 1024 ** 2, runQueueShare: 0 },
]

test('the time until all was ready, and the memory of each process and of all', () => {
  expect(statusText(status, usage)).toBe(`desk  system a1b2c3  pid 7  all ready after 1.93 s

name    state  pid  port  restarts   cpu    memory  server
bus     ready    2     -         -   2 %  8.00 MiB  redis 7 (path)
risk    ready    3  8003         0  10 %  80.0 MiB
ml      ready    4  8004         0  30 %  90.0 MiB
in all                           0  42 %   178 MiB
`)
  expect(readySentence(status, usage)).toBe(
    'all ready after 1.93 s; memory 178 MiB: engines 170 MiB, services 8.00 MiB',
  )
  const { memory, readyAfterNs } = JSON.parse(statusJson(status, usage))
  expect(readyAfterNs).toBe(1_930_000_000)
  expect(memory).toEqual({
    rssBytes: 178 * 1024 ** 2,
    enginesRssBytes: 170 * 1024 ** 2,
    servicesRssBytes: 8 * 1024 ** 2,
  })
})

test('before all is ready, and where memory cannot be read, nothing is made up', () => {
  const starting = { ...status, readyAfterNs: null }
  expect(statusText(starting, [])).toMatch(/^desk {2}system a1b2c3 {2}pid 7\n\nname/)
  expect(statusText(starting, [])).not.toContain('in all')
  expect(readySentence(status, [])).toBe('all ready after 1.93 s')
})
