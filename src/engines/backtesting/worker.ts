import { parentPort, workerData } from 'node:worker_threads'
import { present } from '../../core/assert.js'
import { messageOf } from '../../core/errors.js'
import type { BacktestResult } from '../model/observer-messages.js'
import type { BacktestingConfig } from './config.js'
import { Backtest } from './core.js'
import { eventsOf } from './events.js'
import { backtestRequest, type WrittenRequest } from './request.js'

// The thread of one backtest: it is told what to do when it starts, and says how far it has come and what came of it.

export type WorkerTask = {
  readonly request: WrittenRequest
  readonly settings: Pick<BacktestingConfig, 'tradesMax' | 'dataFolder'>
}
export type WorkerMessage =
  | { readonly kind: 'progress'; readonly events: number }
  | { readonly kind: 'done'; readonly result: BacktestResult }
  | { readonly kind: 'failed'; readonly problem: string }

const progressEvery = 5_000

async function run(task: WorkerTask, tell: (message: WorkerMessage) => void): Promise<void> {
  const request = backtestRequest.parse(task.request)
  const backtest = await Backtest.open(request, task.settings)
  for await (const timed of eventsOf(request, task.settings.dataFolder)) {
    backtest.play(timed)
    if (backtest.events % progressEvery === 0) tell({ kind: 'progress', events: backtest.events })
  }
  tell({ kind: 'done', result: backtest.finish() })
}

const port = present(parentPort, 'the file is the entry of a thread')
const tell = (message: WorkerMessage): void => port.postMessage(message)
run(workerData as WorkerTask, tell).catch((error: unknown) => tell({ kind: 'failed', problem: messageOf(error) }))
