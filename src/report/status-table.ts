import type { ProcessStatus, ServiceStatus, SystemStatus } from '../supervisor/spec.js'
import type { UsageShare } from '../supervisor/usage.js'
import { formatBytes, formatCount, formatWholeShare, noFigure } from './format.js'
import { jsonText } from './json.js'
import { textTable } from './text-table.js'

// What `nautilus status` prints: services, then engines, in one table.

const statusSchemaId = 'nautilus.status/1'

export function statusText(status: SystemStatus, usage: readonly UsageShare[]): string {
  const shareOf = (name: string) => usage.find((share) => share.name === name)
  const title = ['name', 'state', 'pid', 'port', 'restarts', 'cpu', 'memory', 'server']
  const rows = [
    title,
    ...status.services.map((service) => serviceRow(service, shareOf(service.name))),
    ...status.processes.map((process) => processRow(process, shareOf(process.name))),
  ]
  const lines = textTable(rows, (column) => column > 1 && column < title.length - 1)
  return `${status.profileName}  system ${status.systemId}  pid ${status.pid}\n\n${lines.join('\n')}\n`
}

export const statusJson = (status: SystemStatus, usage: readonly UsageShare[]): string =>
  jsonText({ schema: statusSchemaId, ...status, usage })

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
