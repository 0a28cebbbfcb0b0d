import { defineEngine, type EngineContext, type Resident } from '../kit/define.js'
import { Clients, streamPath } from './clients.js'
import { type WebsocketConfig, websocketConfig } from './config.js'
import { streamTopics } from './stream-topics.js'

/** Passes messages of the bus on to WebSocket clients. It stands beside the pipeline: it observes, and publishes nothing there. */
export const websocketEngine = defineEngine({
  name: 'websocket',
  consumes: streamTopics,
  observes: streamTopics,
  chosen: (settings) => settings.topics,
  produces: [],
  config: websocketConfig,
  open: residentOf,
})

function residentOf(settings: WebsocketConfig): Resident {
  const clients = new Clients(settings)
  return {
    create: (context: EngineContext) => ({
      handle: ({ topic, envelope }) => {
        const droppedBefore = clients.dropped
        const readers = clients.fanOut.publish(topic, envelope)
        context.count(readers === 0 ? 'unread' : 'read')
        if (readers > 0) context.count('offered', readers)
        if (clients.dropped > droppedBefore) context.count('dropped', clients.dropped - droppedBefore)
      },
      routes: { 'GET /v1/clients': () => ({ status: 200, body: { clients: clients.describe() } }) },
      status: () => ({ clients: clients.count, dropped: clients.dropped, published: clients.fanOut.published }),
    }),
    upgrades: [streamPath],
    upgrade: (request, socket, head) => clients.upgrade(request, socket, head),
    metrics: (registry) => clients.metrics(registry),
    close: () => clients.close(),
  }
}
