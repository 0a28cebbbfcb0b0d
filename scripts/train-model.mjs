// Trains the models of models/ on the project's own seeded generator and says how often each is right, on a market that it has
// not seen, beside guesses that need no model: `npm run train`. The same version of Node.js writes the same files.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { modelsFolder } from '../dist/engines/ml/model-file.js'
import { nextMoveRows, trainNextMove } from '../dist/engines/ml/next-move.js'
import { describeMarket, rowsOf } from '../dist/engines/ml/training-market.js'

const seed = 20261120
const training = { seed, symbols: 60, rows: 150_000 }
const test = { seed: seed + 1, symbols: 60, rows: 150_000 }

const opened = async (market) => ({ data: await rowsOf(market, nextMoveRows), source: describeMarket(market) })
const [trainingRows, testRows] = [await opened(training), await opened(test)]
const percent = (share) => `${(100 * share).toFixed(2)} %`

let guesses = null
for (const kind of ['logistic', 'trees', 'network']) {
  const model = trainNextMove(kind, trainingRows, testRows, seed)
  const file = join(modelsFolder(), `${model.name}.json`)
  writeFileSync(file, `${JSON.stringify(model)}\n`)
  guesses = model.accuracy
  console.log(`${model.name}: ${percent(model.accuracy.model)} of ${model.accuracy.rows} rows right`)
}
console.log(
  `without a model: always the more frequent ${percent(guesses.majority)}, the last move goes on ${percent(guesses.lastSign)}, it turns ${percent(guesses.lastSignReversed)}`,
)
