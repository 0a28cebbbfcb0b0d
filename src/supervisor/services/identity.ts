import { runVariable } from '../../core/child-variables.js'

// As which user servers run and what they see of our environment.

export type Identity = { readonly uid: number; readonly gid: number }

/**
 * `nobody`, where nautilus runs as root: PostgreSQL refuses root, and a Redis with a TCP port must not be root's.
 * None for an ordinary user, whose servers are their own.
 */
export const serverIdentity = (): Identity | null => (process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : null)

/** What a server is given: nothing of npm's, Node's or the user's settings, which would change how it behaves. */
export function serverEnvironment(home: string, added: Readonly<Record<string, string>> = {}): Record<string, string> {
  const run = process.env[runVariable]
  return {
    PATH: process.env['PATH'] ?? '/usr/bin:/bin',
    HOME: home,
    LANG: 'C',
    LC_ALL: 'C',
    TZ: 'UTC',
    ...(run === undefined ? {} : { [runVariable]: run }),
    ...added,
  }
}

/** What a tool of the system is given (apt, docker): its proxies and contexts stay, npm's and Node's own settings go. */
export function toolEnvironment(): Record<string, string> {
  const kept = Object.entries(process.env).filter(([name]) => !/^npm_|^NODE_OPTIONS$|^INIT_CWD$/i.test(name))
  return { ...Object.fromEntries(kept.map(([name, value]) => [name, value ?? ''])), LC_ALL: 'C' }
}
