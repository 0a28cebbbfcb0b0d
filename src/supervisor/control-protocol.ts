import { closeSync, openSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import type { Addresses, SystemStatus } from './spec.js'
import type { UsageShare } from './usage.js'

// Between the nautilus that runs a system and every other shell: a unix socket in the state folder, one request a
// connection, JSON lines. An answer is any number of `event` lines, then one `reply` or `error` line.

export type ControlRequest =
  | { readonly request: 'who' }
  | { readonly request: 'status' }
  | { readonly request: 'access' }
  | { readonly request: 'logs' }
  | { readonly request: 'restart'; readonly name: string }
  | { readonly request: 'down'; readonly now: boolean }

export type ControlAnswer =
  | { readonly kind: 'event'; readonly text: string }
  | { readonly kind: 'reply'; readonly value: unknown }
  | { readonly kind: 'error'; readonly code: string; readonly message: string; readonly hint: string }

export type WhoReply = { readonly pid: number; readonly systemId: string | null }
export type StatusReply = { readonly status: SystemStatus; readonly usage: readonly UsageShare[] }
/** What another process needs to use the system; `plan` is what the caller of `serve` adds. */
export type AccessReply = { readonly addresses: Addresses; readonly status: SystemStatus; readonly plan: unknown }
export type LogsReply = { readonly folder: string }

export const controlSocketPath = (stateFolder: string): string => join(stateFolder, 'control.sock')

/** sun_path holds 104 bytes on macOS and 108 on Linux, the closing zero included. */
const addressBytesMax = 100

/** A path short enough for a socket address: as it is, relative to here, or through a descriptor of its folder. */
export function socketAddress(path: string): { readonly address: string; readonly release: () => void } {
  const short = [path, relative(process.cwd(), path)].find((each) => Buffer.byteLength(each) <= addressBytesMax)
  if (short !== undefined || process.platform !== 'linux') return { address: short ?? path, release: () => undefined }
  const folder = openSync(dirname(path), 'r')
  return { address: `/proc/self/fd/${folder}/control.sock`, release: () => closeSync(folder) }
}
