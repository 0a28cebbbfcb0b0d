import type { Clock } from '../../core/clock.js'
import { storeDied } from '../pools/postgres-errors.js'
import { noStore, type StoreSink } from './sink.js'

/** The store of a profile, with its tables; `noStore` where the profile has none. */
export async function openStore(
  url: string | null,
  clock: Clock,
  onError: (error: unknown) => void,
): Promise<StoreSink> {
  if (url === null) return noStore
  const { PostgresWriter } = await import('./writer.js')
  const writer = new PostgresWriter(url, clock, onError)
  try {
    await writer.open()
  } catch (error) {
    await writer.close()
    throw storeDied(error)
  }
  return writer
}
