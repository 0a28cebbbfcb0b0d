import { Box, Text } from 'ink'
import type { ReactNode } from 'react'
import type { Line, Span, Tone } from './layout.js'

const colors: Readonly<
  Record<Tone, { readonly color?: string; readonly bold?: boolean; readonly dimColor?: boolean }>
> = {
  plain: {},
  good: { color: 'green' },
  warn: { color: 'yellow' },
  bad: { color: 'red', bold: true },
  faint: { dimColor: true },
  strong: { bold: true },
}

/** Lines that were laid out for this width: drawn as they are, cut where the terminal has become narrower since. */
export function LineView({ lines, color }: { readonly lines: readonly Line[]; readonly color: boolean }): ReactNode {
  return (
    <Box flexDirection="column">
      {lines.map((line, row) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a row is its place on the screen
        <Text key={row} wrap="truncate">
          {line.length === 0 ? ' ' : line.map((part, place) => spanView(part, place, color))}
        </Text>
      ))}
    </Box>
  )
}

function spanView({ text, tone }: Span, place: number, color: boolean): ReactNode {
  return (
    <Text key={place} {...(color ? colors[tone] : {})}>
      {text}
    </Text>
  )
}
