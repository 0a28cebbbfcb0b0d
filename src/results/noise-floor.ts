import { join } from 'node:path'
import { z } from 'zod'
import { readChecked } from './checked-file.js'
import { machineClassOf } from './machine.js'
import type { Machine } from './run-result.js'
import { writeRunFiles } from './store.js'

// What `compare --aa` learned of a profile on a machine: how much its figures differ from run to run where nothing has changed.
// `<cwd>/.nautilus/noise/<profile>.json`, the newest only.

const noiseFloor = z.strictObject({
  schema: z.literal('nautilus.noise-floor/1'),
  profileName: z.string(),
  comparisonId: z.string(),
  measuredAt: z.string(),
  machineClass: z.string(),
  roundCount: z.int().min(0),
  sigma: z
    .record(z.string(), z.number().min(0))
    .describe('Deviation of one run by metric: of its logarithm, of `errors.rate` in shares of all requests.'),
})
export type NoiseFloor = z.output<typeof noiseFloor>

const folderOf = (cwd: string): string => join(cwd, '.nautilus', 'noise')
const fileOf = (profileName: string): string => `${encodeURIComponent(profileName)}.json`

export async function writeNoiseFloor(cwd: string, floor: Omit<NoiseFloor, 'schema'>): Promise<void> {
  const text = `${JSON.stringify({ schema: 'nautilus.noise-floor/1', ...floor })}\n`
  await writeRunFiles(folderOf(cwd), { [fileOf(floor.profileName)]: text })
}

/** Null where `--aa` was never run here for this profile, or on another class of machine. */
export async function readNoiseFloor(cwd: string, profileName: string, machine: Machine): Promise<NoiseFloor | null> {
  // One that cannot be read tells no more than none: the noise is assumed then, and the plan says so.
  const floor = await readChecked(join(folderOf(cwd), fileOf(profileName)), noiseFloor).catch(() => null)
  return floor !== null && floor.machineClass === machineClassOf(machine) ? floor : null
}
