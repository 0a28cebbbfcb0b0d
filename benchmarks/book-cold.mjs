// One pass of book.mjs in a thread of its own, whose compiler has seen nothing yet.
import { parentPort, workerData } from 'node:worker_threads'
import { checkGolden, runWide } from './book-runs.mjs'

const result = runWide(workerData)
checkGolden('nautilus', result)
parentPort.postMessage(result)
