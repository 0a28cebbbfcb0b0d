import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'
import { monotonicClock } from '../../../core/clock.js'
import { packageRoot } from '../../../core/paths.js'
import type { DurationNs } from '../../../core/units.js'
import { envelope, kill, removeRegion, sharedMemory, until } from '../bus-fixture.js'
import type { SharedMemoryAddress } from '../config.js'
import type { Delivery, Envelope, Transport } from '../envelope.js'
import { SharedMemoryTransport } from './shared-memory.js'

// For tests of the transport: a bus of a test's own, whose participants and processes end with it.

type TestBus = {
  readonly address: SharedMemoryAddress
  readonly connect: (options?: { readonly stallNsMax?: DurationNs }) => SharedMemoryTransport
  readonly startChild: (...words: readonly string[]) => ChildProcess
  /** A process that tells the seqs it takes; resolves once it listens. */
  readonly startTaking: (group: string, told: number[], index?: number) => Promise<ChildProcess>
}

export function newBus(changes: Partial<SharedMemoryAddress> = {}): TestBus {
  const address = sharedMemory({ backlogMax: 1_000, ...changes })
  const open: Transport[] = []
  const children: ChildProcess[] = []
  onTestFinished(async () => {
    for (const child of children) await kill(child)
    for (const transport of open) await transport.close()
    removeRegion(address)
  })
  const startChild = (...words: readonly string[]): ChildProcess => {
    const script = join(packageRoot(), 'fixtures', 'children', 'bus-child.mjs')
    const child = spawn(process.execPath, [script, JSON.stringify(address), ...words], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    children.push(child)
    return child
  }
  return {
    address,
    startChild,
    startTaking: (group, told, index = 0) => untilListening(startChild('take', group, String(index)), told),
    connect: (options) => {
      const transport = new SharedMemoryTransport(address, monotonicClock, options)
      open.push(transport)
      return transport
    },
  }
}

export const member = (name: string, group = 'risk') => ({ topics: ['tick'], group, consumer: name })

/** A member that takes nothing more while its first delivery is not answered. */
export async function hang(
  transport: Transport,
  name: string,
): Promise<{ deliveries: Delivery[]; answer: () => void }> {
  const deliveries: Delivery[] = []
  let answer = (): void => undefined
  const answered = new Promise<void>((resolve) => {
    answer = resolve
  })
  await transport.subscribe(member(name), async (delivery) => {
    deliveries.push(delivery)
    for (const message of delivery.messages) transport.acknowledge(member(name), message)
    await answered
    await transport.flush()
  })
  return { deliveries, answer }
}

/** About 4 KB: fourteen fill a ring of the test's region. */
export const large = (seq: number): Envelope => envelope(seq, 'x'.repeat(4_000))

async function untilListening(child: ChildProcess, told: number[]): Promise<ChildProcess> {
  if (child.stdout === null) throw new Error('an engine tells what it takes')
  let listening = false
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line === 'listening') listening = true
    else told.push(Number(line))
  })
  await until(() => listening)
  return child
}
