// The other side of bus.mjs: answers each message of `ping` by one of `pong`, over the bus of nautilus or by bare ioredis.
import { monotonicClock } from '../dist/core/clock.js'
import { createTransport } from '../dist/platform/bus/transport.js'
import { openRedis } from '../dist/platform/pools/redis-connection.js'

const [kind, address] = process.argv.slice(2)
const parsed = JSON.parse(address)

if (kind === 'bus') await echoByBus()
else await echoBare()
process.on('disconnect', () => process.exit())

async function echoByBus() {
  const transport = await createTransport(parsed, monotonicClock)
  const subscription = { topics: ['ping'], group: 'echo', consumer: 'echo' }
  await transport.subscribe(subscription, async ({ messages }) => {
    for (const message of messages) {
      transport.publish('pong', message.envelopes)
      transport.acknowledge(subscription, message)
    }
    await transport.flush()
  })
  process.send('ready')
}

/** As anybody would write it for the same promise: a stream, a group, an acknowledgement in the pipeline of the answer. */
async function echoBare() {
  const [reader, writer] = [await openRedis(parsed), await openRedis(parsed)]
  await writer.xgroup('CREATE', 'bare-ping', 'echo', '0', 'MKSTREAM')
  process.send('ready')
  for (;;) {
    const read = ['GROUP', 'echo', 'echo', 'COUNT', 128, 'BLOCK', 1000, 'STREAMS', 'bare-ping', '>']
    const reply = await reader.callBuffer('XREADGROUP', read)
    if (reply === null) continue
    const pipeline = writer.pipeline()
    for (const [id, fields] of reply[0][1]) {
      pipeline.xadd('bare-pong', 'MAXLEN', '~', 100_000, '*', 'm', fields[1])
      pipeline.xack('bare-ping', 'echo', id)
    }
    await pipeline.exec()
  }
}
