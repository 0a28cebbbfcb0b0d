import { errorCodes } from '../core/errors.js'
import type { Io } from '../core/io.js'

/** `nautilus bench --self-check`: our own generator against servers whose response times are known. */
export async function checkSelf(
  io: Io,
  { json, queue }: { readonly json: boolean; readonly queue: boolean },
): Promise<number> {
  const { newRunId, runsFolderOf } = await import('../results/store.js')
  const { selfCheck } = await import('../bench/self-check/self-check.js')
  const { selfCheckSummary } = await import('../bench/self-check/summary.js')
  const { whileAlone } = await import('./measuring.js')
  const note = (text: string): void => io.err(`${text}\n`)
  const alone = { profileName: 'self-check', runId: newRunId(runsFolderOf(io.cwd)), queue, note }
  const check = await whileAlone(io, alone, () => selfCheck(io.stop, (name) => note(`checking: ${name}`)))
  io.out(json ? `${JSON.stringify(check, null, 2)}\n` : selfCheckSummary(check))
  return check.status === 'pass' ? 0 : errorCodes.MEASUREMENT_INVALID.exit
}
