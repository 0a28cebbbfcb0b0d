import type { ReactNode } from 'react'
import type { RunSnapshot } from '../bench/snapshot.js'
import type { Size } from './layout.js'
import { LineView } from './line-view.js'
import { runLines } from './run-lines.js'

type RunViewProps = { readonly snapshot: RunSnapshot; readonly size: Size; readonly color: boolean }

export const RunView = ({ snapshot, size, color }: RunViewProps): ReactNode => (
  <LineView lines={runLines(snapshot, size)} color={color} />
)
