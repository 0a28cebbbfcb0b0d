import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import { runVariable } from '../core/child-variables.js'
import { NautilusError } from '../core/errors.js'
import { commandLineOf, environmentOf, isErrno } from './process-table.js'

type PortOwner = { readonly pid: number; readonly command: string; readonly run: string | null }

/**
 * Throws where a fixed port cannot be taken, naming who has it, the command that frees it, and the key that chooses another.
 * `wanter` is its place in the profile, as `engines.risk`.
 */
export async function assertPortFree(port: number, wanter: string): Promise<void> {
  if (await isFree(port)) return
  const owner = portOwner(port)
  const another = `set another port with --set ${wanter}.port=NUMBER.`
  if (owner === null) {
    throw new NautilusError('PORT_BUSY', `${wanter}: port ${port} is in use by a process of another user`, {
      hint: `End it as that user, or ${another}`,
    })
  }
  const run = owner.run === null ? '' : `, of nautilus run ${owner.run}`
  throw new NautilusError(
    'PORT_BUSY',
    `${wanter}: port ${port} is in use by pid ${owner.pid} (${owner.command}${run})`,
    {
      hint: `End ${owner.run === null ? `it with \`kill ${owner.pid}\`` : `that run with \`nautilus down\` in its folder`}, or ${another}`,
    },
  )
}

/** A port that nobody had a moment ago, for a program that must be told its port. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen({ port: 0, host: '127.0.0.1' }, () => {
      const address = server.address()
      server.close(() => {
        if (typeof address === 'object' && address !== null) resolve(address.port)
        else reject(new Error('a TCP server has no port'))
      })
    })
  })
}

/** Who listens on a TCP port: /proc/net tells the inode of the socket, /proc/PID/fd whose it is. Linux only. */
export function portOwner(port: number): PortOwner | null {
  const links = new Set(listeningInodes(port).map((inode) => `socket:[${inode}]`))
  if (links.size === 0) return null
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const pid = Number(name)
    if (!hasDescriptor(pid, links)) continue
    const mark = environmentOf(pid).find((line) => line.startsWith(`${runVariable}=`))
    return { pid, command: commandLineOf(pid, 160), run: mark?.slice(runVariable.length + 1) ?? null }
  }
  return null
}

/** A listener on any address counts: the kernel lets nobody beside a wildcard one. Off Linux only 127.0.0.1 is tried. */
async function isFree(port: number): Promise<boolean> {
  return listeningInodes(port).length === 0 && (await canListen(port))
}

function canListen(port: number): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', (error) => {
      if (isErrno(error, 'EADDRINUSE')) resolve(false)
      else if (isErrno(error, 'EACCES')) reject(new NautilusError('PORT_BUSY', `port ${port} is reserved for root`))
      else reject(error)
    })
    server.listen({ port, host: '127.0.0.1' }, () => server.close(() => resolve(true)))
  })
}

function listeningInodes(port: number): string[] {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return ['/proc/net/tcp', '/proc/net/tcp6'].flatMap((file) =>
    readTable(file)
      .map((line) => line.trim().split(/\s+/))
      .filter((fields) => fields[1]?.endsWith(wanted) === true && fields[3] === '0A')
      .map((fields) => fields[9] ?? ''),
  )
}

function readTable(file: string): string[] {
  try {
    return readFileSync(file, 'latin1').split('\n').slice(1)
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return []
    throw error
  }
}

function hasDescriptor(pid: number, links: ReadonlySet<string>): boolean {
  try {
    return readdirSync(`/proc/${pid}/fd`).some((fd) => links.has(readLink(`/proc/${pid}/fd/${fd}`)))
  } catch {
    // Gone meanwhile, or another user's.
    return false
  }
}

function readLink(path: string): string {
  try {
    return readlinkSync(path)
  } catch {
    // Descriptors come and go while they are listed.
    return ''
  }
}
