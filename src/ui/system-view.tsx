import type { ReactNode } from 'react'
import type { Size } from './layout.js'
import { LineView } from './line-view.js'
import { type SystemSnapshot, systemLines } from './system-lines.js'

type SystemViewProps = { readonly snapshot: SystemSnapshot; readonly size: Size; readonly color: boolean }

export const SystemView = ({ snapshot, size, color }: SystemViewProps): ReactNode => (
  <LineView lines={systemLines(snapshot, size)} color={color} />
)
