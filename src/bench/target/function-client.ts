import { pathToFileURL } from 'node:url'
import { messageOf, NautilusError } from '../../core/errors.js'
import type { TargetClient } from './client.js'
import type { ClientContext } from './client-plan.js'
import type { FunctionPlan } from './protocol-plans.js'
import { UnderWay } from './under-way.js'

// Calls in the thread of the generator. What the function does there is not done by the generator: a function that keeps the
// thread busy makes the next calls late, which their response times show and their service times do not.

type Called = (seq: number) => unknown

export class FunctionClient implements TargetClient {
  readonly path = 'function call'
  readonly #plan: FunctionPlan
  readonly #underWay: UnderWay
  #called: Called = () => undefined

  constructor(plan: FunctionPlan, context: ClientContext) {
    this.#plan = plan
    this.#underWay = new UnderWay(context)
  }

  async open(): Promise<void> {
    const { module, export: name } = this.#plan
    let exports: Readonly<Record<string, unknown>>
    try {
      exports = await import(pathToFileURL(module).href)
    } catch (cause) {
      throw new NautilusError('PROFILE_INVALID', `${module} cannot be loaded: ${messageOf(cause)}`, {
        hint: 'It must be JavaScript that Node can import.',
        cause,
      })
    }
    const found = exports[name]
    if (typeof found !== 'function') {
      const known = Object.keys(exports).join(', ')
      throw new NautilusError('PROFILE_INVALID', `${module} exports no function "${name}"`, {
        hint: known === '' ? 'It exports nothing.' : `It exports ${known}.`,
      })
    }
    this.#called = (seq) => found(seq)
  }

  send(slot: number, seq: number): void {
    this.#underWay.follow(slot, async () => this.#called(seq))
  }

  abandon(slot: number): void {
    this.#underWay.abandon(slot)
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}
