import type { ReactNode } from 'react'
import type { Size } from './layout.js'
import { LineView } from './line-view.js'
import { type RunShown, runLines } from './run-lines.js'

type RunViewProps = { readonly snapshot: RunShown; readonly size: Size; readonly color: boolean }

export const RunView = ({ snapshot, size, color }: RunViewProps): ReactNode => (
  <LineView lines={runLines(snapshot, size)} color={color} />
)
