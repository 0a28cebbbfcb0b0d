import { connect, type Socket } from 'node:net'
import { afterEach, expect, test } from 'vitest'
import { nsPerMs } from '../../core/units.js'
import { eventually } from '../../supervisor/child-fixture.js'
import { type Behaviour, fixedDelay } from './behaviour.js'
import { ServerProcess } from './server-process.js'

const cleanings: (() => Promise<void> | void)[] = []
afterEach(async () => {
  for (const clean of cleanings.splice(0)) await clean()
})

async function serverOf(behaviour: Behaviour): Promise<ServerProcess> {
  const server = await ServerProcess.start(behaviour)
  cleanings.push(() => server.stop())
  return server
}

type Client = { readonly socket: Socket; readonly answers: () => string[] }

function clientOf(server: ServerProcess): Promise<Client> {
  return new Promise((resolve, reject) => {
    let text = ''
    const socket = connect(server.port, '127.0.0.1', () => {
      resolve({ socket, answers: () => text.split(/(?=HTTP\/1\.1 )/).filter((answer) => answer.endsWith('ok')) })
    })
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
    })
    socket.once('error', reject)
    cleanings.push(() => void socket.destroy())
  })
}

const get = 'GET / HTTP/1.1\r\nHost: desk\r\n\r\n'
const post = 'POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nGET /'

const untilAnswered = ({ answers }: Client, count: number): Promise<void> =>
  eventually(
    () => `${count} answers have come, of which ${answers().length} are there`,
    () => answers().length === count,
  )

test('requests that come in pieces, together or with a body are answered once each', async () => {
  const server = await serverOf({ kind: 'null' })
  const client = await clientOf(server)
  client.socket.write(get.slice(0, 20))
  client.socket.write(get.slice(20) + get + post + get)
  await untilAnswered(client, 4)
  expect(await server.log()).toMatchObject({ count: 4, unlogged: 0 })
})

test('no request is answered before it is due, and the answer tells what the log says', async () => {
  const server = await serverOf(fixedDelay(3 * nsPerMs))
  const client = await clientOf(server)
  for (let index = 0; index < 20; index += 1) {
    client.socket.write(get)
    await untilAnswered(client, index + 1)
  }
  const log = await server.log()
  expect(log.count).toBe(20)
  for (let row = 0; row < log.count; row += 1) {
    const tookNs = (log.answeredAt[row] ?? 0) - (log.arrivedAt[row] ?? 0)
    expect(tookNs).toBeGreaterThanOrEqual(3 * nsPerMs)
    const told = Number(/app;dur=([\d.]+)/.exec(client.answers()[row] ?? '')?.[1])
    expect(told * nsPerMs).toBeCloseTo(tookNs, 0)
  }
})

test('slow requests are those of the slow connection, whose answers keep back no other', async () => {
  const server = await serverOf({ kind: 'slow-connection', delayNs: 0, slowNs: 300 * nsPerMs, slowEvery: 2 })
  const slow = await clientOf(server)
  const fast = await clientOf(server)
  slow.socket.write(get)
  fast.socket.write(get)
  await untilAnswered(fast, 1)
  await untilAnswered(slow, 1)
  const log = await server.log()
  const [ofSlow, ofFast] = [log.connection.indexOf(0), log.connection.indexOf(1)]
  expect((log.answeredAt[ofSlow] ?? 0) - (log.arrivedAt[ofSlow] ?? 0)).toBeGreaterThanOrEqual(300 * nsPerMs)
  expect(log.dueAt[ofFast]).toBe(log.arrivedAt[ofFast])
  expect(log.answeredAt[ofFast]).toBeLessThan(log.answeredAt[ofSlow] ?? 0)
})

test('a new log begins the periods anew and holds nothing of the old', async () => {
  const server = await serverOf({ kind: 'stall', delayNs: 0, stallNs: 1, periodNs: 1e9 })
  const client = await clientOf(server)
  client.socket.write(get)
  await untilAnswered(client, 1)
  const before = await server.log()
  await server.begin()
  const after = await server.log()
  expect(before.count).toBe(1)
  expect(after.count).toBe(0)
  expect(after.originAt).toBeGreaterThan(before.originAt)
})
