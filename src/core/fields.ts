import { z } from 'zod'
import type { Bytes, DurationNs, Parsed } from './units.js'
import { parseDuration, parseRate, parseShare, parseSize } from './units.js'

// The field types of every settings schema: the value bears its unit in YAML and is a plain number of the base unit after
// parsing. Each is a string (or number) on the input side, so the JSON Schema for editors shows what a person writes.

const quantity = <Value>(parse: (text: string | number) => Parsed, example: string) =>
  z
    .union([z.string(), z.number()])
    .transform((text, context): Value => {
      const parsed = parse(text)
      if ('value' in parsed) return parsed.value as Value
      context.issues.push({ code: 'custom', message: parsed.problem, input: text })
      return z.NEVER
    })
    .meta({ examples: [example] })

/** `10ms`, `1.5s` -> DurationNs */
export const duration = quantity<DurationNs>(parseDuration, '10ms')
/** The same where none would be no span at all. */
export const positiveDuration = duration.refine((ns) => ns > 0, 'must be above 0')
/** `64KiB` -> Bytes */
export const size = quantity<Bytes>(parseSize, '64KiB')
/** `1000/s` -> number per second */
export const rate = quantity<number>(parseRate, '1000/s')
/** `0.01%` -> fraction of one */
export const share = quantity<number>(parseShare, '0.01%')
