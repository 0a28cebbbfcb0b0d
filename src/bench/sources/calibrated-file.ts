import type { FlowShape } from '../../engines/model/flow-shape.js'
import { FlowCalibration } from './flow-calibration.js'
import { type FlowFigures, figuresOf } from './flow-sample.js'
import { readMarketFile } from './market-file.js'
import { readingOptions } from './market-info.js'
import { MarketReplay } from './market-replay.js'

/** Reads a file of one symbol: the shape that a generator draws from, and the figures that it is held against. */
export async function calibrationOf(
  path: string,
): Promise<{ readonly shape: FlowShape; readonly figures: FlowFigures; readonly events: number }> {
  const calibration = new FlowCalibration()
  const replay = new MarketReplay()
  const { events } = await readMarketFile(path, {
    ...(await readingOptions(path, {})),
    onEvent: (row, atNs) => {
      calibration.take(row, atNs)
      replay.take(row, atNs)
      return null
    },
  })
  return { shape: calibration.shape(), figures: figuresOf(replay.sample), events }
}
