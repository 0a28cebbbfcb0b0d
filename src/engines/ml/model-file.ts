import { readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { z } from 'zod'
import { assertNever } from '../../core/assert.js'
import { messageOf, NautilusError } from '../../core/errors.js'
import { packageRoot } from '../../core/paths.js'
import { isInputName } from './inputs.js'

// A model as a file: what it is, how it was trained and how well it did on a market that it had not seen, beside what needs no
// model. Everything is checked when it is read, so that predicting needs no check.

export const modelSchema = 'nautilus.model/1' as const
const nodesMax = 100_000
const weightsMax = 1_000_000

const finite = z.number()
const numbers = z.array(finite)
const share = z.number().min(0).max(1)

const head = {
  schema: z.literal(modelSchema),
  name: z.string().min(1).max(64),
  /** What the probability is of. */
  target: z.string().min(1),
  inputs: z
    .array(z.string().refine(isInputName, { error: ({ input }) => `"${String(input)}" is not an input` }))
    .min(1)
    .max(32),
  /** Quotes of the symbol until the outcome. */
  horizon: z.int().min(1).max(1_000),
  training: z.strictObject({
    /** Where the rows came from: `generated, 60 symbols, seed 7, burstiness 0.6`. */
    source: z.string(),
    rows: z.int().min(1),
    seed: z.int(),
  }),
  /** Shares of right answers on rows of another seed. */
  accuracy: z.strictObject({
    source: z.string(),
    rows: z.int().min(1),
    model: share,
    /** Always what is more frequent. */
    majority: share,
    /** That the middle goes on in the direction of its last move. */
    lastSign: share,
    /** That it turns. */
    lastSignReversed: share,
  }),
}

/** Of each input: what is taken off for its standard score, and what that is divided by. */
const scales = { mean: numbers, deviation: z.array(z.number().positive()) }

const tree = z.strictObject({
  /** Input that a node asks for, or -1 for a leaf. */
  feature: z.array(z.int().min(-1)).min(1),
  /** The second child is taken where the input is above. */
  threshold: numbers,
  /** First child; the second one follows it. */
  left: z.array(z.int().min(0)),
  /** Of a leaf, added to the log odds. */
  value: numbers,
})
const layer = z.strictObject({ outputs: z.int().min(1).max(1_024), weights: numbers.max(weightsMax), bias: numbers })

const shape = z.discriminatedUnion('kind', [
  z.strictObject({ ...head, kind: z.literal('logistic'), ...scales, bias: finite, weights: numbers }),
  z.strictObject({ ...head, kind: z.literal('trees'), bias: finite, trees: z.array(tree).min(1).max(10_000) }),
  z.strictObject({ ...head, kind: z.literal('network'), ...scales, layers: z.array(layer).min(1).max(16) }),
])
export type ModelFile = z.output<typeof shape>
const modelFile = shape.check(({ value, issues }) => {
  for (const message of problemsOf(value)) issues.push({ code: 'custom', message, input: value })
})
export type TreeNodes = z.output<typeof tree>

export const shippedModels = ['next-move-logistic', 'next-move-trees', 'next-move-network'] as const
export const modelsFolder = (): string => join(packageRoot(), 'models')

/** Reads a shipped model by its name, or a file by its path. */
export function readModel(named: string): ModelFile {
  const isShipped = shippedModels.some((name) => name === named)
  const file = isShipped ? join(modelsFolder(), `${named}.json`) : resolve(named)
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (cause) {
    throw new NautilusError('MODEL_INVALID', `model ${file} cannot be read: ${messageOf(cause)}`, { cause })
  }
  return parseModel(text, file)
}

export function parseModel(text: string, file: string): ModelFile {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw new NautilusError('MODEL_INVALID', `model ${file} is not JSON: ${messageOf(cause)}`, { cause })
  }
  const parsed = modelFile.safeParse(value)
  if (parsed.success) return parsed.data
  const problems = parsed.error.issues.map(({ path, message }) => [path.join('.'), message].filter(Boolean).join(': '))
  throw new NautilusError('MODEL_INVALID', `model ${file}: ${problems.slice(0, 10).join('; ')}`)
}

/** What the shapes of single fields cannot say. */
function problemsOf(model: ModelFile): string[] {
  const count = model.inputs.length
  const twice = new Set(model.inputs).size < count ? ['inputs: one is named twice'] : []
  switch (model.kind) {
    case 'logistic':
      return [...twice, ...scaleProblems(model, count), ...lengthProblem('weights', model.weights, count)]
    case 'trees':
      return [...twice, ...treesProblems(model.trees, count)]
    case 'network':
      return [...twice, ...scaleProblems(model, count), ...layersProblems(model.layers, count)]
    default:
      return assertNever(model)
  }
}

const scaleProblems = (
  { mean, deviation }: Pick<Extract<ModelFile, { kind: 'logistic' }>, 'mean' | 'deviation'>,
  count: number,
) => [...lengthProblem('mean', mean, count), ...lengthProblem('deviation', deviation, count)]

function lengthProblem(name: string, values: readonly number[], expected: number): string[] {
  return values.length === expected ? [] : [`${name} has ${values.length} numbers, expected ${expected}`]
}

function treesProblems(trees: readonly TreeNodes[], inputs: number): string[] {
  const nodes = trees.reduce((sum, { feature }) => sum + feature.length, 0)
  if (nodes > nodesMax) return [`trees have ${nodes} nodes, at most ${nodesMax} are taken`]
  return trees.flatMap(({ feature, threshold, left, value }, index) => {
    const count = feature.length
    const name = `trees.${index}`
    const wrong = feature.findIndex((asked, node) => {
      if (asked < 0) return false
      const first = left[node] ?? 0
      // Children stand behind their parent, so that every way down ends.
      return asked >= inputs || first <= node || first + 1 >= count
    })
    return [
      ...lengthProblem(`${name}.threshold`, threshold, count),
      ...lengthProblem(`${name}.left`, left, count),
      ...lengthProblem(`${name}.value`, value, count),
      ...(wrong < 0 ? [] : [`${name}: node ${wrong} asks for an input or leads to a node that is not there`]),
    ]
  })
}

function layersProblems(
  layers: readonly {
    readonly outputs: number
    readonly weights: readonly number[]
    readonly bias: readonly number[]
  }[],
  inputs: number,
): string[] {
  let width = inputs
  const problems = layers.flatMap(({ outputs, weights, bias }, index) => {
    const expected = width * outputs
    width = outputs
    return [
      ...lengthProblem(`layers.${index}.weights`, weights, expected),
      ...lengthProblem(`layers.${index}.bias`, bias, outputs),
    ]
  })
  return width === 1 ? problems : [...problems, `the last layer has ${width} outputs, expected 1`]
}
