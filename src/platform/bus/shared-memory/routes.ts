import type { Inbox } from './region.js'

/** An inbox, and which of its topics a message has: what is written beside each record. */
export type Target = { readonly inbox: number; readonly tag: number }
/** Members that share messages; `next` is who had the last one. */
export type Group = { readonly name: string; readonly members: readonly Target[]; next: number }
/** Where the messages of a topic go: to one member of each group, and to all readers. */
export type Route = { readonly groups: readonly Group[]; readonly readers: readonly Target[] }

/** The routes of all topics that anybody hears, from those before. Members who are away get nothing while another is there. */
export function routesOf(inboxes: readonly Inbox[], before: ReadonlyMap<string, Route>): Map<string, Route> {
  const topics = new Set(inboxes.flatMap((inbox) => inbox.topics))
  return new Map([...topics].map((topic) => [topic, routeOf(topic, inboxes, before.get(topic))]))
}

function routeOf(topic: string, inboxes: readonly Inbox[], before: Route | undefined): Route {
  const hearing = inboxes.filter((inbox) => inbox.topics.includes(topic))
  const targetOf = ({ index, topics }: Inbox): Target => ({ inbox: index, tag: topics.indexOf(topic) })
  const names = new Set(hearing.flatMap(({ group }) => (group === undefined ? [] : [group])))
  const groups = [...names].map((name) => {
    const members = hearing.filter(({ group }) => group === name)
    const there = members.filter(({ owner }) => owner !== 0)
    const next = before?.groups.find((group) => group.name === name)?.next ?? 0
    return { name, members: (there.length > 0 ? there : members).map(targetOf), next }
  })
  return { groups, readers: hearing.filter(({ group }) => group === undefined).map(targetOf) }
}
