import { assertNever } from '../../core/assert.js'
import type { TargetClient } from './client.js'
import type { ClientContext, ClientPlan } from './client-plan.js'

/** The client of a plan; only the one that is wanted is loaded. */
export async function createClient(plan: ClientPlan, context: ClientContext): Promise<TargetClient> {
  switch (plan.kind) {
    case 'http':
      return (await import('./http-client.js')).createHttpClient(plan, context)
    case 'websocket':
      return new (await import('./websocket-client.js')).WebSocketClient(plan, context)
    case 'redis':
      return new (await import('./redis-client.js')).RedisClient(plan, context)
    case 'redis-stream':
      return new (await import('./redis-stream-client.js')).RedisStreamClient(plan, context)
    case 'postgres':
      return new (await import('./postgres-client.js')).PostgresClient(plan, context)
    case 'bus':
      return new (await import('./bus-client.js')).BusClient(plan, context)
    case 'fan-out':
      return new (await import('./fan-out-client.js')).FanOutClient(plan, context)
    case 'function':
      return new (await import('./function-client.js')).FunctionClient(plan, context)
    default:
      return assertNever(plan)
  }
}
