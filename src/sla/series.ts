import type { RunResult, Series } from '../results/run-result.js'

/** What reports call the series that a profile calls `endToEnd`. */
export const endToEndName = 'end to end'

/** `endToEnd`, or a group of the budget. */
export const seriesOf = (result: Pick<RunResult, 'endToEnd' | 'components'>, name: string): Series | undefined =>
  name === 'endToEnd' ? result.endToEnd : result.components.find((component) => component.name === name)
