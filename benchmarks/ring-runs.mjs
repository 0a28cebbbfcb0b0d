// Both sides of what `bench:ring` measures, over two rings of one mapped file. Started as a process of its own, with the file and
// what to do, it is the other side: it sends back whatever comes, or it sends so many messages.
import { monotonicClock } from '../dist/core/clock.js'
import { mapFile } from '../dist/platform/bus/shared-memory/mapping.js'
import { RingReader, RingWriter, ringBytes } from '../dist/platform/bus/shared-memory/ring.js'
import { SharedMemoryTransport } from '../dist/platform/bus/shared-memory/shared-memory.js'

const messageBytes = 64
const messageWords = messageBytes / 4
const dataBytes = 2 ** 20
/** Records after which the consumer gives memory back. */
const batch = 256
/** The tag of a message that ends an echo. */
const last = 1

/** Opens the file as one of its two sides. */
export function openPair(path, side) {
  const mapping = mapFile(path, 2 * ringBytes(dataBytes))
  const places = [0, ringBytes(dataBytes)].map((at) => ({ buffer: mapping.buffer, at, dataBytes }))
  const [out, back] = side === 'first' ? places : places.toReversed()
  return { writer: new RingWriter(out), reader: new RingReader(back), close: mapping.close }
}

/** Sends messages one at a time and returns the time of each way there and back, the reading of the clock included. */
export function roundTrips({ writer, reader }, count) {
  const elapsedNs = new Float64Array(count)
  let before = process.hrtime.bigint()
  for (let index = 0; index < count; index += 1) {
    put(writer, index, 0)
    writer.commit()
    while (!reader.next());
    if (reader.words[reader.offset >> 2] !== index) throw new Error(`the answer to ${index} is another`)
    reader.release()
    const now = process.hrtime.bigint()
    elapsedNs[index] = Number(now - before)
    before = now
  }
  return elapsedNs
}

export function endEcho({ writer }) {
  put(writer, 0, last)
  writer.commit()
}

function echo({ writer, reader }) {
  for (;;) {
    while (!reader.next());
    if (reader.tag === last) return
    const at = writer.claim(reader.length, 0)
    if (at < 0) throw new Error('an echo has room for one message')
    const from = reader.offset >> 2
    for (let word = 0; word < messageWords; word += 1) writer.words[(at >> 2) + word] = reader.words[from + word]
    writer.commit()
    reader.release()
  }
}

/** Takes messages, each of which must be the next one, to its last word. */
export function takeAll({ reader }, count) {
  const { words } = reader
  let next = 0
  while (next < count) {
    let taken = 0
    while (taken < batch && reader.next()) {
      const from = reader.offset >> 2
      if (reader.length !== messageBytes) throw new Error(`message ${next} has ${reader.length} bytes`)
      for (let word = 0; word < messageWords; word += 1) {
        if (words[from + word] !== contentOf(next, word)) throw new Error(`message ${next} is another, or torn`)
      }
      next += 1
      taken += 1
    }
    if (taken > 0) reader.release()
  }
}

function sendAll({ writer }, count, commitEvery) {
  for (let index = 0; index < count; index += 1) {
    while (!put(writer, index, 0)) writer.commit()
    if (index % commitEvery === commitEvery - 1) writer.commit()
  }
  writer.commit()
}

function put(writer, index, tag) {
  const at = writer.claim(messageBytes, tag)
  if (at < 0) return false
  const { words } = writer
  for (let word = 0; word < messageWords; word += 1) words[(at >> 2) + word] = contentOf(index, word)
  return true
}

/** The same over the bus: encoded envelopes, the event loop, and the ways to wait. Resolves with the times there and back. */
export async function busRoundTrips(address, count) {
  const transport = new SharedMemoryTransport(address, monotonicClock)
  const elapsedNs = new Float64Array(count)
  let answered = () => undefined
  await transport.subscribe({ topics: ['pong'] }, async () => answered())
  for (let seq = 0; seq < count; seq += 1) {
    const before = process.hrtime.bigint()
    const answer = new Promise((resolve) => {
      answered = resolve
    })
    transport.publish('ping', [{ run: 'ring', seq, intendedAt: 0, sentAt: 0, stamps: [], body: null }])
    await transport.flush()
    await answer
    elapsedNs[seq] = Number(process.hrtime.bigint() - before)
  }
  await transport.close()
  return elapsedNs
}

async function busEcho(address) {
  const transport = new SharedMemoryTransport(address, monotonicClock)
  const subscription = { topics: ['ping'], group: 'echo', consumer: 'echo-0' }
  await transport.subscribe(subscription, async ({ messages }) => {
    for (const message of messages) {
      transport.publish('pong', message.envelopes)
      transport.acknowledge(subscription, message)
    }
    await transport.flush()
  })
}

const contentOf = (index, word) => (word === 0 ? index : Math.imul(index + word, 0x9e37_79b1))

const [, entry, path, work, count, commitEvery] = process.argv
if (entry === import.meta.filename && work === 'bus') {
  // Here the first word is the address of the bus.
  await busEcho(JSON.parse(path))
  process.stdout.write('ready\n')
} else if (entry === import.meta.filename) {
  const pair = openPair(path, 'second')
  // Whoever measures waits for this line.
  process.stdout.write('ready\n')
  if (work === 'echo') echo(pair)
  else sendAll(pair, Number(count), Number(commitEvery))
  pair.close()
}
