import { parentPort } from 'node:worker_threads'
import { messageOf, NautilusError } from '../../core/errors.js'
import { MonteCarlo } from './monte-carlo.js'
import { type SimulationOrder, type SimulationReport, takeTurns } from './monte-carlo-turns.js'

// Entry of a thread of `MonteCarloWorkers`.

let last: { readonly id: number; readonly simulation: MonteCarlo } | null = null

parentPort?.on('message', (order: SimulationOrder) => parentPort?.postMessage(reportOf(order)))

function reportOf(order: SimulationOrder): SimulationReport {
  try {
    if (last?.id !== order.id) last = { id: order.id, simulation: new MonteCarlo(order.portfolio, order.seed) }
    takeTurns(last.simulation, order)
    return { backend: last.simulation.backend }
  } catch (error) {
    // Errors lose their class between threads.
    const [code, hint] = error instanceof NautilusError ? [error.code, error.hint] : [null, '']
    return { failure: { code, message: messageOf(error), hint } }
  }
}
