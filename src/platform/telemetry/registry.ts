import { nsPerSec } from '../../core/units.js'
import { Histogram } from '../../stats/histogram.js'

// What an engine tells about itself, in the text format of Prometheus 0.0.4. Values are read when they are asked for, so
// that counting costs nothing extra; names are bounded, because a label made of input would grow without end.

const metricsMax = 1_000
const quantiles = [0.5, 0.95, 0.99, 0.999]

type Kind = 'counter' | 'gauge'
type Metric = { readonly kind: Kind; readonly help: string; readonly read: () => Readings }
type Readings = number | Readonly<Record<string, number>>

/** A summary of durations: quantiles since the start, and count and sum for rates. */
export class DurationSummary {
  readonly #histogram = new Histogram()

  record(valueNs: number): void {
    this.#histogram.record(valueNs)
  }

  get figures(): { readonly count: number; readonly meanNs: number; readonly p95Ns: number } {
    const { count, meanNs } = this.#histogram
    return { count, meanNs, p95Ns: this.#histogram.quantile(0.95) }
  }

  text(name: string): string {
    const { count, meanNs } = this.#histogram
    const lines = quantiles.map((share) => `${name}{quantile="${share}"} ${this.#histogram.quantile(share) / nsPerSec}`)
    return [...lines, `${name}_sum ${(meanNs * count) / nsPerSec}`, `${name}_count ${count}`].join('\n')
  }
}

export class Registry {
  readonly #prefix: string
  readonly #metrics = new Map<string, Metric>()
  readonly #summaries = new Map<string, { readonly help: string; readonly summary: DurationSummary }>()

  constructor(prefix: string) {
    this.#prefix = prefix
  }

  /** A number that only grows, or several of one name told apart by the label `name`. */
  counter(name: string, help: string, read: () => Readings): void {
    this.#metrics.set(`${this.#prefix}_${name}_total`, { kind: 'counter', help, read })
  }

  gauge(name: string, help: string, read: () => Readings): void {
    this.#metrics.set(`${this.#prefix}_${name}`, { kind: 'gauge', help, read })
  }

  summary(name: string, help: string, summary: DurationSummary): void {
    this.#summaries.set(`${this.#prefix}_${name}_seconds`, { help, summary })
  }

  text(): string {
    const parts: string[] = []
    for (const [name, { kind, help, read }] of this.#metrics) {
      parts.push(`# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} ${kind}`, samples(name, read()))
    }
    for (const [name, { help, summary }] of this.#summaries) {
      parts.push(`# HELP ${name} ${escapeHelp(help)}\n# TYPE ${name} summary`, summary.text(name))
    }
    return `${parts.filter((part) => part !== '').join('\n')}\n`
  }
}

function samples(name: string, readings: Readings): string {
  if (typeof readings === 'number') return `${name} ${readings}`
  return Object.entries(readings)
    .slice(0, metricsMax)
    .map(([label, value]) => `${name}{name="${escapeLabel(label)}"} ${value}`)
    .join('\n')
}

const escapeHelp = (text: string): string => text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n')
const escapeLabel = (text: string): string => escapeHelp(text).replaceAll('"', '\\"')
