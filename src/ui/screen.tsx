import { type Instance, render } from 'ink'
import type { ReactNode } from 'react'
import { assertNever } from '../core/assert.js'
import type { Size } from './layout.js'
import { NotesView } from './notes-view.js'
import type { RunShown } from './run-lines.js'
import { RunView } from './run-view.js'
import type { SystemSnapshot } from './system-lines.js'
import { SystemView } from './system-view.js'

// The only file that runs ink. It is loaded when something is to be drawn (266 ms), never for plain lines.

const rowsUnlimited = 100_000
const cursorUp = '\u001b[1A'

export type Scene =
  | { readonly kind: 'notes'; readonly notes: readonly string[] }
  | { readonly kind: 'run'; readonly snapshot: RunShown }
  | { readonly kind: 'system'; readonly snapshot: SystemSnapshot }

export type Screen = { draw(scene: Scene): void; close(): void }

export function openScreen(stream: NodeJS.WriteStream, color: boolean): Screen {
  let instance: Instance | null = null
  const show = (node: ReactNode) => {
    if (instance !== null) return instance.rerender(node)
    instance = render(node, {
      stdout: withoutHeight(stream),
      stderr: stream,
      patchConsole: false,
      exitOnCtrlC: false,
      maxFps: 30,
    })
  }
  return {
    draw: (scene) => show(viewOf(scene, { columns: stream.columns, rows: stream.rows }, color)),
    close: () => {
      if (instance === null) return
      // Ink leaves its last frame and ends the line: the frame is emptied first, and the line taken back.
      instance.rerender(null)
      instance.unmount()
      instance = null
      stream.write(cursorUp)
    },
  }
}

function viewOf(scene: Scene, size: Size, color: boolean): ReactNode {
  switch (scene.kind) {
    case 'notes':
      return <NotesView notes={scene.notes} size={size} color={color} />
    case 'run':
      return <RunView snapshot={scene.snapshot} size={size} color={color} />
    case 'system':
      return <SystemView snapshot={scene.snapshot} size={size} color={color} />
    default:
      return assertNever(scene)
  }
}

/**
 * The terminal as one that is high enough for any frame. A frame that is higher than the terminal (it was made smaller)
 * lets ink clear the terminal with all that the user could scroll back to.
 */
function withoutHeight(stream: NodeJS.WriteStream): NodeJS.WriteStream {
  return new Proxy(stream, {
    get(target, key) {
      if (key === 'rows') return rowsUnlimited
      const value: unknown = Reflect.get(target, key, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
}
