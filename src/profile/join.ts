import { messageOf, NautilusError } from '../core/errors.js'
import { ControlClient } from '../supervisor/control-client.js'
import type { AccessReply } from '../supervisor/control-protocol.js'
import type { SystemStatus } from '../supervisor/spec.js'
import { type JoinPlan, joinPlanSchema, systemDigest } from './access.js'
import type { Profile } from './load.js'
import { stateFolder } from './plan.js'

type Joined = {
  readonly access: AccessReply
  readonly faults: JoinPlan['faults']
  /** Resolves when something of the system fails for good or the system goes down. */
  readonly failed: Promise<{ readonly name: string; readonly reason: string }>
  /** As last asked. */
  readonly statusNow: () => SystemStatus
  readonly leave: () => void
}

const watchEveryMs = 500

/** The system of this folder that is already up, or null. Throws ALREADY_UP where it is another one than the profile asks for. */
export async function joinSystem(profile: Profile, cwd: string): Promise<Joined | null> {
  const client = await connect(cwd)
  if (client === null) return null
  const access = await client.access()
  // Another version of nautilus may have said it: what does not parse is another system.
  const plan = joinPlanSchema.safeParse(access.plan).data
  if (plan?.systemDigest !== systemDigest(profile) || access.status.profileName !== profile.config.name) {
    throw new NautilusError(
      'ALREADY_UP',
      `${access.status.profileName} (pid ${access.status.pid}) is up in this folder with other services, bus or engines than ${profile.shownFile}`,
      { hint: 'Run `nautilus down` first, or bench the profile and settings that are up.' },
    )
  }
  return { access, faults: plan.faults, ...watch(client, access.status) }
}

async function connect(cwd: string): Promise<ControlClient | null> {
  try {
    return await ControlClient.connect(stateFolder(cwd))
  } catch (error) {
    if (error instanceof NautilusError && error.code === 'NOT_UP') return null
    throw error
  }
}

function watch(client: ControlClient, first: SystemStatus): Pick<Joined, 'failed' | 'statusNow' | 'leave'> {
  let latest = first
  let timer: NodeJS.Timeout | undefined
  const failed = new Promise<{ name: string; reason: string }>((resolve) => {
    timer = setInterval(() => {
      client.status().then(
        ({ status }) => {
          latest = status
          const lost = [...status.processes, ...status.services].find(({ state }) => state === 'failed')
          if (lost !== undefined) resolve({ name: lost.name, reason: 'failed' })
        },
        (error: unknown) => resolve({ name: 'the system', reason: messageOf(error) }),
      )
    }, watchEveryMs)
    timer.unref()
  })
  return { failed, statusNow: () => latest, leave: () => clearInterval(timer) }
}
