import { monotonicClock } from '../../core/clock.js'
import { NautilusError } from '../../core/errors.js'
import { durationNs, nsPerSec } from '../../core/units.js'
import { within } from '../../platform/flow/deadline.js'
import { createLog, errorFacts } from '../../platform/telemetry/log.js'
import { type EngineProcess, readHandOver, startEngine } from './engine-process.js'

// Entry of an engine's process. It never ends by itself while its bus lives: the supervisor stops it, and the guardian where
// the supervisor cannot.

/** Shorter than the grace of the supervisor, so that the last line of the log says what was not finished. */
const stopDeadlineNs = durationNs(8 * nsPerSec)

const name = `engine ${process.pid}`
const write = (line: string): void => void process.stdout.write(line)
const log = createLog({ name, write, linesPerSecMax: 100 }, monotonicClock)

const die = (error: unknown): never => {
  log('error', error instanceof NautilusError ? error.message : 'ended by an error', errorFacts(error))
  process.exit(error instanceof NautilusError ? error.exit : 1)
}
process.on('uncaughtException', die)
process.on('unhandledRejection', die)

let stopping = false
async function stop(running: EngineProcess, signal: string): Promise<void> {
  if (stopping) process.exit(1)
  stopping = true
  log('info', 'stopping', { signal })
  const late = (): Error => new NautilusError('ENGINE_FAILED', 'what was held could not be sent in time')
  await within(running.stop(), stopDeadlineNs, late).catch(die)
  process.exit(0)
}

function keep(running: EngineProcess): void {
  running.lost.then((error) => {
    if (!stopping) die(error)
  }, die)
  for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => void stop(running, signal))
}

// Without `await` at the top, which a bundle that is no module cannot have.
startEngine(readHandOver(process.env), process.env, monotonicClock, log).then(keep, die)
