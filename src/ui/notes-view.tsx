import type { ReactNode } from 'react'
import { type Size, textLine } from './layout.js'
import { LineView } from './line-view.js'

type NotesViewProps = { readonly notes: readonly string[]; readonly size: Size; readonly color: boolean }

/** What is being done before there is anything to measure: the last lines of progress. */
export const NotesView = ({ notes, size, color }: NotesViewProps): ReactNode => (
  <LineView
    lines={notes.slice(-Math.max(1, size.rows - 1)).map((note) => textLine(note, size.columns))}
    color={color}
  />
)
