import type { Io } from '../core/io.js'
import type { RunningSystem, SystemEvent } from '../supervisor/spec.js'
import { UsageWatch } from '../supervisor/usage-watch.js'
import { showSystem } from './show.js'
import type { ProcessUsageShown } from './system-lines.js'

// Feeds the view of `nautilus up` from a system: on every event, and once a second with what it uses.

const eventsMax = 50

export type SystemDisplay = {
  /** From now on this system is shown. */
  show(system: RunningSystem): void
  note(text: string): void
  /** From now on all of it is being stopped. */
  end(): void
  /** Safe to call twice. */
  close(): void
}

export function openSystemDisplay(io: Io): SystemDisplay {
  const view = showSystem(io, { color: io.color, columns: io.columns })
  const events: string[] = []
  let system: RunningSystem | null = null
  let usage: UsageWatch | null = null
  let ending = false
  const update = () => {
    if (system !== null)
      view.update({ status: system.status(), usage: usageByName(usage), ending, events: [...events] })
  }
  const add = (text: string) => {
    events.push(text)
    if (events.length > eventsMax) events.shift()
    update()
  }
  return {
    show: (shown) => {
      system = shown
      usage = new UsageWatch(() => shown.status(), update)
      shown.onEvent((event) => add(eventText(event)))
    },
    note: (text) => (system === null ? view.note(text) : add(text)),
    end: () => {
      ending = true
      update()
    },
    close: () => {
      usage?.close()
      view.close()
    },
  }
}

const eventText = ({ source, text }: SystemEvent): string => `${source}: ${text}`

function usageByName(watch: UsageWatch | null): Record<string, ProcessUsageShown> {
  return Object.fromEntries((watch?.shares ?? []).map((share) => [share.name, share]))
}
