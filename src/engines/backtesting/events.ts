import { createReadStream } from 'node:fs'
import { realpath } from 'node:fs/promises'
import { resolve, sep } from 'node:path'
import { createInterface } from 'node:readline'
import { messageOf, NautilusError } from '../../core/errors.js'
import { nsPerMs } from '../../core/units.js'
import { type EventsHead, eventOf, headOf, isHead, lineObject, nameless, problemOfEvent } from '../model/event-lines.js'
import { MarketGenerator, symbolNames, type TimedEvent } from '../model/market-generator.js'
import type { MarketEvent } from '../model/messages.js'
import type { BacktestRequest } from './request.js'

/** The events of a request, at most as many as it asks for. */
export async function* eventsOf(request: BacktestRequest, dataFolder: string): AsyncGenerator<TimedEvent> {
  const { source, events } = request
  if (source.kind === 'file') {
    yield* eventsOfFile(source, dataFolder, events)
    return
  }
  const { seed, symbols, burstiness } = source
  const generator = new MarketGenerator({ seed, symbols: symbolNames(symbols), burstiness })
  for (let count = 0; count < events; count += 1) yield generator.next()
}

type FileSource = Extract<BacktestRequest['source'], { kind: 'file' }>

async function* eventsOfFile(
  { file: name, qtyDecimalsMax }: FileSource,
  dataFolder: string,
  countMax: number,
): AsyncGenerator<TimedEvent> {
  const file = await allowedFile(name, dataFolder)
  const lines = createInterface({ input: createReadStream(file), crlfDelay: Number.POSITIVE_INFINITY })
  let number = 0
  let count = 0
  let fileLotsPerLot = 1
  let firstMs: number | null = null
  let lastNs = 0
  try {
    for await (const text of lines) {
      number += 1
      if (text === '') continue
      const read = readLine(text, number === 1)
      if (typeof read === 'string') throw invalid(`${name}:${number} ${read}`)
      if ('qtyDecimals' in read) {
        fileLotsPerLot = 10 ** Math.max(0, read.qtyDecimals - qtyDecimalsMax)
        continue
      }
      const { event, atMs } = read
      firstMs ??= atMs
      const atNs = Math.round((atMs - firstMs) * nsPerMs)
      if (atNs < lastNs) throw invalid(`${name}:${number} is earlier than the event before it`)
      lastNs = atNs
      yield { event: inLotsOf(event, fileLotsPerLot), atNs }
      count += 1
      if (count === countMax) return
    }
  } finally {
    lines.close()
  }
}

/** The event in larger lots, each of so many of its own; what there is of a quantity stays one lot at least. */
function inLotsOf(event: MarketEvent, fileLotsPerLot: number): MarketEvent {
  if (fileLotsPerLot === 1 || event.qty === 0) return event
  return { ...event, qty: Math.max(1, Math.round(event.qty / fileLotsPerLot)) }
}

/** The event of a line, the head of the file, or what is wrong with it. */
function readLine(
  text: string,
  isFirst: boolean,
): { readonly event: MarketEvent; readonly atMs: number } | EventsHead | string {
  const object = lineObject(text)
  if (object === null) return 'is not a JSON object'
  if (isFirst && isHead(object)) return headOf(object)
  const read = eventOf(object, nameless)
  if (typeof read === 'string') return read
  const { event, atMs } = read
  if (atMs === null) return 'has no time, expected atMs'
  return problemOfEvent(event) ?? { event, atMs }
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
