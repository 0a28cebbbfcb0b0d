import { assert } from '../../core/assert.js'
import { type DurationNs, type InstantNs, instantNs, later } from '../../core/units.js'
import { type Envelope, noSeq } from '../../platform/bus/envelope.js'
import { catalog, isBeside } from '../catalog.js'
import { type Outcome, type OutcomeKind, type Topic, topics } from '../model/messages.js'
import { type Engine, type EngineContext, type EngineDefinition, type Input, residentOf } from './define.js'
import { EventQueue } from './event-queue.js'
import { loadEngine } from './load-engine.js'

// The shipped engines themselves, on a bus and a clock that are simulated: no thread, no socket, no wall clock. Messages and
// timers happen in order of their times, of one instant in the order in which they came about, so that the same inputs give
// the same outputs to the last byte, as fast as the engines compute. Inputs settle as in the host.
//
// Known limits: handling takes no simulated time, so engines meet deadlines only where they hold an input; nothing is stored;
// requests by HTTP do not exist; what an engine throws ends the simulation.

type Part = {
  readonly name: string
  readonly engine: Engine
  readonly definition: EngineDefinition
  readonly deadlineNs: DurationNs | null
}

type SimulationOptions = {
  readonly startAt: InstantNs
  /** How long a message of a topic is on its way to an engine. */
  readonly delayOf?: (topic: Topic, engine: string, now: InstantNs) => DurationNs
  /** Told of every message when it is sent. */
  readonly onMessage?: (topic: Topic, envelope: Envelope, now: InstantNs) => void
  /** What an engine is given in place of a body, when it arrives: what is known there and then. */
  readonly arriving?: (topic: Topic, body: unknown) => unknown
}

/** The run that simulated messages belong to. */
const run = 'simulated'

/** Engines by name with their settings as written, parsed by their own schemas. */
export async function openSimulation(
  engines: Readonly<Record<string, unknown>>,
  options: SimulationOptions,
): Promise<Simulation> {
  const simulation = new Simulation(options)
  for (const [name, written] of Object.entries(engines)) {
    const { definition, settings } = await loadEngine(name, written)
    simulation.add(definition, settings)
  }
  return simulation
}

class SimulatedInput implements Input {
  readonly topic: Topic
  readonly envelope: Envelope
  settled = false
  held = false

  constructor(topic: Topic, envelope: Envelope) {
    this.topic = topic
    this.envelope = envelope
  }
}

export class Simulation {
  /** What engines counted, by engine. */
  readonly counters: Record<string, Record<string, number>> = {}
  readonly #options: SimulationOptions
  readonly #queue = new EventQueue<() => void>()
  readonly #parts: Part[] = []
  readonly #readers = new Map<Topic, Part[]>()
  #now: InstantNs

  constructor(options: SimulationOptions) {
    this.#options = options
    this.#now = options.startAt
  }

  get now(): InstantNs {
    return this.#now
  }

  add(definition: EngineDefinition, settings: unknown): void {
    const { name } = definition
    this.counters[name] = {}
    const clock = { now: () => this.#now }
    const engine = residentOf(definition, settings, clock).create(this.#contextOf(name))
    const part: Part = { name, engine, definition, deadlineNs: definition.deadlineNs?.(settings) ?? null }
    this.#parts.push(part)
    for (const topic of definition.chosen?.(settings) ?? definition.consumes) {
      const readers = this.#readers.get(topic)
      if (readers === undefined) this.#readers.set(topic, [part])
      else readers.push(part)
    }
  }

  /** Lets all happen that is due by then, and turns the clock. */
  advance(to: InstantNs): void {
    assert(to >= this.#now, 'simulated time does not run backwards')
    for (let dueAt = this.#queue.nextAt; dueAt !== null && dueAt <= to; dueAt = this.#queue.nextAt) {
      this.#now = dueAt
      this.#queue.take()?.()
    }
    this.#now = to
  }

  /** Sends what begins a tick, now. */
  send(topic: Topic, body: unknown, seq: number): void {
    this.#publish(topic, { run, seq, intendedAt: this.#now, sentAt: this.#now, stamps: [], body })
  }

  /** Tells engines that nothing more is sent, and lets what they then send arrive. */
  drain(within: DurationNs): void {
    for (const { engine } of this.#parts) engine.drain?.()
    this.advance(later(this.#now, within))
  }

  #publish(topic: Topic, envelope: Envelope): void {
    this.#options.onMessage?.(topic, envelope, this.#now)
    for (const part of this.#readers.get(topic) ?? []) {
      const delayNs = this.#options.delayOf?.(topic, part.name, this.#now) ?? 0
      this.#queue.add(instantNs(this.#now + delayNs), () => this.#deliver(part, topic, envelope))
    }
  }

  #deliver(part: Part, topic: Topic, sent: Envelope): void {
    const { arriving } = this.#options
    const envelope = arriving === undefined ? sent : { ...sent, body: arriving(topic, sent.body) }
    const input = new SimulatedInput(topic, envelope)
    part.engine.handle(input)
    if (part.definition.observes?.includes(topic) || !input.held) {
      input.settled = true
      return
    }
    if (part.deadlineNs === null || input.settled) return
    this.#queue.add(later(this.#now, part.deadlineNs), () =>
      this.#finish(part.name, input, 'failed', `${part.name} deadline`),
    )
  }

  #emit(name: string, topic: Topic, items: readonly { readonly input: Input; readonly body: unknown }[]): void {
    for (const { input, body } of items) {
      const given = inputOf(input)
      if (given.settled) this.#count(name, 'suppressed', 1)
      else {
        given.settled = true
        this.#publish(topic, { ...given.envelope, body })
      }
    }
  }

  #finish(name: string, input: Input, outcome: OutcomeKind, reason: string): void {
    const given = inputOf(input)
    if (given.settled) return
    given.settled = true
    this.#publishOutcome(name, given, outcome, reason)
  }

  #publishOutcome(engine: string, { envelope }: SimulatedInput, outcome: OutcomeKind, reason: string): void {
    if (envelope.seq === noSeq) return
    const body: Outcome = { outcome, reason, engine }
    this.#publish(topics.outcome, { ...envelope, body })
  }

  #after(delayNs: DurationNs, callback: () => void): () => void {
    let cancelled = false
    this.#queue.add(instantNs(this.#now + Math.max(0, delayNs)), () => {
      if (!cancelled) callback()
    })
    return () => {
      cancelled = true
    }
  }

  #count(engine: string, name: string, by: number): void {
    const counters = this.counters[engine]
    if (counters !== undefined) counters[name] = (counters[name] ?? 0) + by
  }

  #contextOf(name: string): EngineContext {
    return {
      clock: { now: () => this.#now },
      run,
      instance: 0,
      store: { write: () => undefined },
      emit: (input, topic, body) => this.#emit(name, topic, [{ input, body }]),
      emitBatch: (topic, items) => this.#emit(name, topic, items),
      publish: (topic, body) =>
        this.#publish(topic, { run, seq: noSeq, intendedAt: this.#now, sentAt: this.#now, stamps: [], body }),
      finish: (input, outcome, reason) => this.#finish(name, input, outcome, reason),
      abandon: (input, reason) => this.#publishOutcome(name, inputOf(input), 'failed', reason),
      hold: (input) => {
        inputOf(input).held = true
      },
      enter: noHttp,
      leave: noHttp,
      after: (delayNs, callback) => this.#after(delayNs, callback),
      count: (counter, by = 1) => this.#count(name, counter, by),
    }
  }
}

function inputOf(input: Input): SimulatedInput {
  assert(input instanceof SimulatedInput, 'an input is one that the simulation made')
  return input
}

function noHttp(): never {
  throw new Error('an engine that is simulated has no HTTP')
}

/** The engines of the pipeline, in the order in which a tick meets them. */
export const pipelineEngines = (): readonly string[] => Object.keys(catalog).filter((name) => !isBeside(name))

/** What is wrong with settings as written, by engine; a name that is none of the pipeline is wrong too. */
export function settingsProblems(engines: Readonly<Record<string, unknown>>): string[] {
  const known = pipelineEngines()
  return Object.entries(engines).flatMap(([name, written]) => {
    if (!known.includes(name)) return [`"${name}" is no engine of the pipeline; those are ${known.join(', ')}`]
    const parsed = catalog[name]?.config.safeParse(written)
    return (parsed?.error?.issues ?? []).map(({ path, message }) => [name, ...path].join('.').concat(`: ${message}`))
  })
}
