import type { ProcessStatus, ServiceStatus, SystemStatus } from '../supervisor/spec.js'
import type { UsageShare } from '../supervisor/usage.js'
import { formatBytes, formatCount, formatWholeShare, noFigure } from './format.js'

// What `nautilus status` prints: services, then engines, in one table.

const statusSchemaId = 'nautilus.status/1'

export function statusText(status: SystemStatus, usage: readonly UsageShare[]): string {
  const shareOf = (name: string) => usage.find((share) => share.name === name)
  const rows = [
    ['name', 'state', 'pid', 'port', 'restarts', 'cpu', 'memory', 'server'],
    ...status.services.map((service) => serviceRow(service, shareOf(service.name))),
    ...status.processes.map((process) => processRow(process, shareOf(process.name))),
  ]
  return `${status.profileName}  system ${status.systemId}  pid ${status.pid}\n\n${tableText(rows)}`
}

export const statusJson = (status: SystemStatus, usage: readonly UsageShare[]): string =>
  `${JSON.stringify({ schema: statusSchemaId, ...status, usage }, null, 2)}\n`

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

/** Names to the left, figures to the right. */
function tableText(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  const isText = (column: number) => column < 2 || column === widths.length - 1
  return rows
    .map((row) => {
      const cells = row.map((cell, column) => {
        const width = widths[column] ?? 0
        return isText(column) ? cell.padEnd(width) : cell.padStart(width)
      })
      return `${cells.join('  ').trimEnd()}\n`
    })
    .join('')
}
