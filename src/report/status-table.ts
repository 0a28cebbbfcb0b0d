import type { ProcessStatus, ServiceStatus, SystemStatus } from '../supervisor/spec.js'
import type { UsageShare } from '../supervisor/usage.js'
import { formatBytes, formatCount, formatDuration, formatWholeShare, noFigure } from './format.js'
import { jsonText } from './json.js'
import { textTable } from './text-table.js'

// What `nautilus status` prints: services, then engines, then all of them, in one table.

const statusSchemaId = 'nautilus.status/1'

export function statusText(status: SystemStatus, usage: readonly UsageShare[]): string {
  const shareOf = (name: string) => usage.find((share) => share.name === name)
  const title = ['name', 'state', 'pid', 'port', 'restarts', 'cpu', 'memory', 'server']
  const rows = [
    title,
    ...status.services.map((service) => serviceRow(service, shareOf(service.name))),
    ...status.processes.map((process) => processRow(process, shareOf(process.name))),
    ...(usage.length > 1 ? [totalRow(status, usage)] : []),
  ]
  const lines = textTable(rows, (column) => column > 1 && column < title.length - 1)
  const parts = [status.profileName, `system ${status.systemId}`, `pid ${status.pid}`, ...readyWords(status)]
  return `${parts.join('  ')}\n\n${lines.join('\n')}\n`
}

export const statusJson = (status: SystemStatus, usage: readonly UsageShare[]): string =>
  jsonText({ schema: statusSchemaId, ...status, usage, memory: memoryOf(status, usage) })

/** `all ready after 1.93 s; memory 1.36 GiB: engines 1.28 GiB, services 85.3 MiB`. */
export function readySentence(status: SystemStatus, usage: readonly UsageShare[]): string {
  const { rssBytes, enginesRssBytes, servicesRssBytes } = memoryOf(status, usage)
  const parts = `engines ${formatBytes(enginesRssBytes)}, services ${formatBytes(servicesRssBytes)}`
  return [...readyWords(status), ...(rssBytes === 0 ? [] : [`memory ${formatBytes(rssBytes)}: ${parts}`])].join('; ')
}

const readyWords = ({ readyAfterNs }: SystemStatus): string[] =>
  readyAfterNs === null ? [] : [`all ready after ${formatDuration(readyAfterNs)}`]

/** Resident memory; pages that processes share, as the program of Node, count in each of them. */
function memoryOf({ services }: SystemStatus, usage: readonly UsageShare[]) {
  const ofServices = usage.filter(({ name }) => services.some((service) => service.name === name))
  const sum = (shares: readonly UsageShare[]): number => shares.reduce((total, { rssBytes }) => total + rssBytes, 0)
  const [rssBytes, servicesRssBytes] = [sum(usage), sum(ofServices)]
  return { rssBytes, enginesRssBytes: rssBytes - servicesRssBytes, servicesRssBytes }
}

function totalRow({ processes }: SystemStatus, usage: readonly UsageShare[]): string[] {
  const restarts = processes.reduce((sum, { restartCount }) => sum + restartCount, 0)
  const cpu = usage.reduce((sum, { cpuShare }) => sum + cpuShare, 0)
  const memory = usage.reduce((sum, { rssBytes }) => sum + rssBytes, 0)
  return ['in all', '', '', '', formatCount(restarts), formatWholeShare(cpu), formatBytes(memory), '']
}

function serviceRow(service: ServiceStatus, usage: UsageShare | undefined): string[] {
  const pid = service.pid === null ? noFigure : String(service.pid)
  const server = service.version === '' ? service.kind : `${service.kind} ${service.version} (${service.origin})`
  return [service.name, service.state, pid, noFigure, noFigure, ...usageCells(usage), server]
}

function processRow(process: ProcessStatus, usage: UsageShare | undefined): string[] {
  const pid = process.pid === null ? noFigure : String(process.pid)
  const port = process.port === null ? noFigure : String(process.port)
  return [process.name, process.state, pid, port, formatCount(process.restartCount), ...usageCells(usage), '']
}

const usageCells = (usage: UsageShare | undefined): string[] =>
  usage === undefined ? [noFigure, noFigure] : [formatWholeShare(usage.cpuShare), formatBytes(usage.rssBytes)]
