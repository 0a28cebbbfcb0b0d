import { createReadStream } from 'node:fs'
import { realpath } from 'node:fs/promises'
import { resolve, sep } from 'node:path'
import { createInterface } from 'node:readline'
import { z } from 'zod'
import { messageOf, NautilusError } from '../../core/errors.js'
import { nsPerMs } from '../../core/units.js'
import { jsonOf } from '../kit/body.js'
import { MarketGenerator, symbolNames, type TimedEvent } from '../model/market-generator.js'
import type { BacktestRequest } from './request.js'

const line = z.object({
  symbol: z.string(),
  action: z.enum(['created', 'changed', 'deleted']),
  orderId: z.number(),
  side: z.enum(['buy', 'sell']),
  price: z.number(),
  qty: z.number(),
  exchangeMs: z.number().default(0),
  atMs: z.number(),
})
/** First line of a file that nautilus has written. */
const head = z.object({ schema: z.literal('nautilus.events/1') })

/** The events of a request, at most as many as it asks for. */
export async function* eventsOf(request: BacktestRequest, dataFolder: string): AsyncGenerator<TimedEvent> {
  const { source, events } = request
  if (source.kind === 'file') {
    yield* eventsOfFile(source.file, dataFolder, events)
    return
  }
  const { seed, symbols, burstiness } = source
  const generator = new MarketGenerator({ seed, symbols: symbolNames(symbols), burstiness })
  for (let count = 0; count < events; count += 1) yield generator.next()
}

async function* eventsOfFile(name: string, dataFolder: string, countMax: number): AsyncGenerator<TimedEvent> {
  const file = await allowedFile(name, dataFolder)
  const lines = createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })
  let number = 0
  let count = 0
  let firstMs: number | null = null
  let lastNs = 0
  try {
    for await (const text of lines) {
      number += 1
      if (text === '' || (number === 1 && head.safeParse(jsonOf(text)).success)) continue
      const parsed = line.safeParse(jsonOf(text))
      if (!parsed.success) throw invalid(`${name}:${number} is no market event with a time (atMs)`)
      const { atMs, ...event } = parsed.data
      firstMs ??= atMs
      const atNs = Math.round((atMs - firstMs) * nsPerMs)
      if (atNs < lastNs) throw invalid(`${name}:${number} is earlier than the event before it`)
      lastNs = atNs
      yield { event, atNs }
      count += 1
      if (count === countMax) return
    }
  } finally {
    lines.close()
  }
}

/** The file behind a name, where it lies in the folder; links count by where they lead. */
async function allowedFile(name: string, dataFolder: string): Promise<string> {
  let folder: string
  let file: string
  try {
    folder = await realpath(resolve(dataFolder))
    file = await realpath(resolve(folder, name))
  } catch (cause) {
    throw invalid(`${name} cannot be read: ${messageOf(cause)}`)
  }
  if (!file.startsWith(folder.endsWith(sep) ? folder : folder + sep)) throw invalid(`${name} lies outside of ${folder}`)
  return file
}

const invalid = (message: string): NautilusError =>
  new NautilusError('SOURCE_INVALID', message, {
    hint: 'Write it with `nautilus data convert` or `generate`, unpacked.',
  })
