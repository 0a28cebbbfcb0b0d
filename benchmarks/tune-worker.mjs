// One study after the other for tune.mjs: the regrets of each search at the counts of runs that were asked for.

import { parentPort } from 'node:worker_threads'
import { Random } from '../dist/core/random.js'
import { modelSearch } from '../dist/tune/model-search.js'
import { randomSearch, sobolSearch } from '../dist/tune/search.js'
import { settingsAt } from '../dist/tune/space.js'
import { functions, measure } from './tune-functions.mjs'

const searches = { model: modelSearch, sobol: sobolSearch, random: randomSearch }

parentPort.on('message', (asked) => {
  if (asked === null) {
    parentPort.close()
    return
  }
  const { name, noise, seed, marks } = asked
  const searched = functions.find((one) => one.name === name)
  const regrets = Object.fromEntries(
    Object.entries(searches).map(([search, make]) => [search, regretsOf(searched, make, { noise, seed, marks })]),
  )
  parentPort.postMessage({ name, noise, seed, regrets })
})

function regretsOf(searched, make, { noise, seed, marks }) {
  const { space, constraints, value, optimum } = searched
  const first = Random.stream(seed, 'current')
  const current = settingsAt(
    space,
    space.parameters.map(() => first.float()),
  )
  const search = make({ space, constraints: constraints.map(({ name, limit }) => ({ name, limit })), current, seed })
  const random = Random.stream(seed, 'noise')
  const trials = []
  return marks.map((runs) => {
    while (trials.length < runs) {
      const { settings } = search.propose(trials)
      trials.push({ settings, outcome: measure(searched, settings, { noise, random }) })
    }
    return value(search.best(trials).settings) - optimum
  })
}
