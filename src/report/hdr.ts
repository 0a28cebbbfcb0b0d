import { build, type Histogram as HdrHistogram, HistogramLogWriter } from 'hdr-histogram-js'
import { nsPerMs, nsPerSec } from '../core/units.js'
import type { RunResult, Series } from '../results/run-result.js'
import { bucketMiddleNs } from '../stats/histogram.js'

// The exchange formats of HdrHistogram (Gil Tene): `.hlog`, a log of compressed V2 histograms with one tag a series, and
// `.hgrm`, a table of percentiles to plot. Values are nanoseconds, the columns of both milliseconds. A result keeps the whole
// window as one histogram, so the log has one interval line a series.

const significantDigits = 3

export function hlogReport(result: RunResult): string {
  const lines: string[] = []
  const writer = new HistogramLogWriter((text) => lines.push(text))
  const startedSec = Date.parse(result.startedAt) / 1000
  writer.outputComment(
    `[nautilus ${result.nautilusVersion}, run ${result.id}, values in nanoseconds, maxima in milliseconds]`,
  )
  writer.outputLogFormatVersion()
  writer.outputComment(`[StartTime: ${startedSec.toFixed(3)} (seconds since epoch), ${result.startedAt}]`)
  writer.outputLegend()
  for (const [tag, series] of taggedSeries(result)) {
    const histogram = hdrOf(series)
    histogram.tag = tag
    writer.outputIntervalHistogram(histogram, 0, result.load.durationNs / nsPerSec, nsPerMs)
  }
  return lines.join('')
}

/** The end-to-end distribution, as the plotters of HdrHistogram read it. */
export const hgrmReport = ({ endToEnd }: RunResult): string => hdrOf(endToEnd).outputPercentileDistribution(5, nsPerMs)

/** Each series that has samples under a name of its own, in which a log has room for neither commas nor blanks. */
function taggedSeries({ endToEnd, service, components }: RunResult): [string, Series][] {
  const named: (readonly [string, Series])[] = [
    ['endToEnd', endToEnd],
    ...(service === null ? [] : [['service', service] as const]),
    ...components.map((series) => [series.name, series] as const),
  ]
  return named
    .filter(([, { summary }]) => summary.count > 0)
    .map(([name, series]) => [name.replaceAll(/[\s,#]/g, '_'), series])
}

/** The middle of each bucket, but for the smallest and the largest sample, which are known exactly. */
function hdrOf({ histogram, summary }: Series): HdrHistogram {
  const hdr = build({
    bitBucketSize: 64,
    autoResize: true,
    lowestDiscernibleValue: 1,
    highestTrackableValue: 2,
    numberOfSignificantValueDigits: significantDigits,
  })
  const last = histogram.length - 1
  for (const [position, [bucket, count]] of histogram.entries()) {
    const exact = [
      ...(position === last ? [summary.maxNs] : []),
      ...(position === 0 && summary.count > 1 ? [summary.minNs] : []),
    ].slice(0, count)
    for (const value of exact) hdr.recordValue(Math.round(value))
    if (count > exact.length) hdr.recordValueWithCount(Math.round(bucketMiddleNs(bucket)), count - exact.length)
  }
  return hdr
}
