import { isDeepStrictEqual } from 'node:util'
import type { Subscription } from '../envelope.js'
import { type Inbox, type Lives, nobody, type Region } from './region.js'

// What waits in the rings of a member of a group that was killed, or has closed, is for a member of its name. Where others of
// its group live, one of them takes it over, as in redis-claims.ts: the rings themselves, which lead to the heir from then on.
// So nothing is copied and nothing can be lost on the way; what the other had read and not acknowledged comes again.
//
// The kernel closes the bell of whoever is killed, so nobody who lives can be taken for dead, however long it is silent.

type Heir = { readonly inbox: number; readonly subscription: Subscription }

/** Whether a member in whose place the heir can read was killed, and nobody has noticed. */
export const hasDeadSibling = (inboxes: readonly Inbox[], heir: Heir, lives: Lives): boolean =>
  siblingsOf(inboxes, heir).some(({ owner }) => owner !== nobody && !lives(owner))

/** Takes over the rings of all such members who are gone; true where there were any. Within the lock. */
export function takeOver(region: Region, inboxes: readonly Inbox[], heir: Heir, lives: Lives): boolean {
  const gone = siblingsOf(inboxes, heir).filter(({ owner }) => owner === nobody || !lives(owner))
  const killed = gone.filter(({ owner }) => owner !== nobody)
  for (const inbox of killed) region.leaveInbox(inbox)
  const rings = region.rings().filter(({ inbox }) => gone.some(({ index }) => index === inbox))
  for (const ring of rings) region.leadTo(heir.inbox, ring)
  return killed.length > 0 || rings.length > 0
}

/** Other members of its group who hear the same: a record says only which topic of its inbox it has. */
const siblingsOf = (inboxes: readonly Inbox[], { inbox, subscription: { group, topics } }: Heir): Inbox[] =>
  group === undefined
    ? []
    : inboxes.filter(
        (other) => other.group === group && other.index !== inbox && isDeepStrictEqual(other.topics, topics),
      )
