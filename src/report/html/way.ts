// The parts of a response time in the order in which a request passes them.

export type Part = { readonly stage: string; readonly kind: 'queue' | 'processing' | 'transit'; readonly ns: number }
type Placed = Pick<Part, 'stage' | 'kind'>

const driver = 'driver'

export const kindWord: Readonly<Record<Part['kind'], string>> = {
  queue: 'waiting',
  processing: 'processing',
  transit: 'in transit',
}

/** What the driver does itself, and the parts of a plain target, which has no engines. */
const ownWords: Readonly<Record<string, string | undefined>> = {
  'driver processing': 'driver lateness of the send',
  'driver queue': 'driver waiting to see the outcome',
  'connection queue': 'waiting for a free connection',
  'wire transit': 'until the first byte',
  'body transit': 'rest of the answer',
}

/** `risk processing`, `risk to order-gateway in transit` */
export const partWord = ({ stage, kind }: Placed): string =>
  ownWords[`${stage} ${kind}`] ?? `${stage.replace('->', ' to ')} ${kindWord[kind]}`

/** From the driver along the edges and back to it; what no edge leads to keeps its order, at the end. */
export function inWayOrder<Entry extends Placed>(parts: readonly Entry[]): Entry[] {
  const ordered: Entry[] = []
  const seen = new Set<string>([driver])
  const home: Entry[] = []
  const take = (stage: string, kind: Part['kind']) => {
    ordered.push(...parts.filter((part) => part.stage === stage && part.kind === kind))
  }
  const follow = (from: string): void => {
    for (const edge of parts) {
      const [source, target] = edge.stage.split('->')
      if (edge.kind !== 'transit' || source !== from || target === undefined) continue
      if (target === driver) {
        home.push(edge)
        continue
      }
      ordered.push(edge)
      if (seen.has(target)) continue
      seen.add(target)
      take(target, 'queue')
      take(target, 'processing')
      follow(target)
    }
  }
  take(driver, 'processing')
  follow(driver)
  const last = parts.filter(({ stage, kind }) => stage === driver && kind === 'queue')
  const placed = new Set([...ordered, ...home, ...last])
  return [...ordered, ...parts.filter((part) => !placed.has(part)), ...home, ...last]
}
