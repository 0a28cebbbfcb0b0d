import { maskUrl } from '../core/secrets.js'

/** The same plain data with `maskUrl` applied to every text in it, keys too. */
export function withMaskedUrls<Data>(data: Data): Data {
  return maskedValue(data) as Data
}

function maskedValue(value: unknown): unknown {
  if (typeof value === 'string') return maskUrl(value)
  if (Array.isArray(value)) return value.map(maskedValue)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [maskUrl(key), maskedValue(entry)]))
}
