import { readFile } from 'node:fs/promises'
import type { z } from 'zod'
import { messageOf, NautilusError } from '../core/errors.js'

/** Reads a file of a known schema; RUN_NOT_FOUND where it is not there, RESULT_INVALID where it is something else. */
export async function readChecked<Value>(file: string, schema: z.ZodType<Value>): Promise<Value> {
  let text: string
  try {
    text = await readFile(file, 'utf8')
  } catch (cause) {
    throw new NautilusError('RUN_NOT_FOUND', `${file} cannot be read: ${messageOf(cause)}`, { cause })
  }
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw new NautilusError('RESULT_INVALID', `${file} is not JSON: ${messageOf(cause)}`, { cause })
  }
  const parsed = schema.safeParse(json)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  const where = issue?.path.join('.') || 'the top'
  throw new NautilusError('RESULT_INVALID', `${file}: at ${where}: ${issue?.message ?? 'not readable'}`, {
    ...(where === 'schema' && { hint: otherVersion(json) }),
  })
}

/** A schema's number rises where older files would be misread, as the buckets of `nautilus.run-result/1`. */
const otherVersion = (json: unknown): string =>
  `It was written as ${JSON.stringify((json as { schema?: unknown }).schema)}, by another version of nautilus: measure again, or read it with that version.`
