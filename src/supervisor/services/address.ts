// How addresses of services are shown: every secret of a URL is replaced, and what is no URL is not shown at all.

const secretParameter = /pass|secret|token|key|credential/i

/** The address with its secrets replaced by `***`. */
export function maskAddress(address: string): string {
  if (address.startsWith('unix:')) return address
  const url = parsed(address)
  if (url === null) return '(not a URL)'
  if (url.password !== '') url.password = '***'
  for (const name of [...url.searchParams.keys()]) if (secretParameter.test(name)) url.searchParams.set(name, '***')
  return url.href
}

/** `host:port`, or the path of the socket. */
export function placeOf(address: string, portDefault: number): string {
  if (address.startsWith('unix:')) return address.slice('unix:'.length)
  const url = parsed(address)
  if (url === null) return 'an unknown place'
  const socket = url.searchParams.get('host')
  return socket ?? `${url.hostname}:${url.port === '' ? portDefault : url.port}`
}

export function isAddress(address: string, protocols: readonly string[]): boolean {
  if (address.startsWith('unix:')) return protocols.includes('unix:') && address.startsWith('unix:/')
  const url = parsed(address)
  return url !== null && protocols.includes(url.protocol)
}

/** A PostgreSQL that listens in a folder. `localhost` is there only to make it a URL: `host` decides. */
export const postgresSocketAddress = (folder: string, port: number): string =>
  `postgres://nautilus@localhost:${port}/postgres?host=${encodeURIComponent(folder)}`

const parsed = (address: string): URL | null => (URL.canParse(address) ? new URL(address) : null)
