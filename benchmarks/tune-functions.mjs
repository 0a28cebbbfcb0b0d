// What `npm run bench:tune` searches: functions whose optimum is known, on the unit cube or on an engine-like space of
// mixed settings. `value` is the truth without noise; `measure` what a run shows. Noise of a share n is n times `scale`
// added, or e^(n N(0, 1)) times the value where `scale` is null, as latencies have it.
// Sources: branin, Hartmann 3 and 6, Rosenbrock and Ackley as in Surjanovic and Bingham's Virtual Library of Simulation
// Experiments (sfu.ca/~ssurjano).

const cube = (count) =>
  Array.from({ length: count }, (_, index) => ({
    kind: 'float',
    name: `x${index + 1}`,
    min: 0,
    max: 1,
    scale: 'linear',
  }))
const pointOf = (settings) => Object.values(settings)
const continuous = (name, dimensions, { scale, value, optimum = 0 }) => ({
  name,
  scale,
  constraints: [],
  space: { parameters: cube(dimensions), forbidden: [] },
  value: (settings) => value(pointOf(settings)),
  optimum,
})

function branin([u, v]) {
  const x = -5 + 15 * u
  const y = 15 * v
  const valley = y - (5.1 * x * x) / (4 * Math.PI ** 2) + (5 * x) / Math.PI - 6
  return valley ** 2 + 10 * (1 - 1 / (8 * Math.PI)) * Math.cos(x) + 10
}

const hartmann = (weights, centres) => (x) =>
  -[1, 1.2, 3, 3.2].reduce((sum, height, peak) => {
    const square = x.reduce((all, one, axis) => all + weights[peak][axis] * (one - centres[peak][axis]) ** 2, 0)
    return sum + height * Math.exp(-square)
  }, 0)

const hartmann3 = hartmann(
  [
    [3, 10, 30],
    [0.1, 10, 35],
    [3, 10, 30],
    [0.1, 10, 35],
  ],
  [
    [0.3689, 0.117, 0.2673],
    [0.4699, 0.4387, 0.747],
    [0.1091, 0.8732, 0.5547],
    [0.0381, 0.5743, 0.8828],
  ],
)

const hartmann6 = hartmann(
  [
    [10, 3, 17, 3.5, 1.7, 8],
    [0.05, 10, 17, 0.1, 8, 14],
    [3, 3.5, 1.7, 10, 17, 8],
    [17, 8, 0.05, 10, 0.1, 14],
  ],
  [
    [0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886],
    [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
    [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.665],
    [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381],
  ],
)

function rosenbrock(u) {
  const x = u.map((one) => -2 + 4 * one)
  return x.slice(1).reduce((sum, next, axis) => sum + 100 * (next - x[axis] ** 2) ** 2 + (1 - x[axis]) ** 2, 0) / 100
}

function ackley(u) {
  const x = u.map((one) => 32.768 * (2 * one - 1))
  const mean = (of) => x.reduce((sum, one) => sum + of(one), 0) / x.length
  const root = Math.sqrt(mean((one) => one * one))
  return 20 + Math.E - 20 * Math.exp(-0.2 * root) - Math.exp(mean((one) => Math.cos(2 * Math.PI * one)))
}

function utilisationOf({ pool, batch, ttl, codec }) {
  const codecCost = { none: 0.9, lz4: 0.75, zstd: 0.95 }[codec]
  const serviceMs = (codecCost + 0.6 / batch + 0.004 * batch) * (1 - 0.45 * (1 - Math.exp(-ttl / 40))) + 0.05
  return { serviceMs, rho: (6 * serviceMs * (1 + 0.03 * (pool - 1) ** 1.35)) / pool }
}

function mixedCost(settings) {
  const { pool, batch, window, ttl } = settings
  const { serviceMs, rho } = utilisationOf(settings)
  if (rho >= 0.97) return 60 + 80 * (rho - 0.97)
  const waitMs = (serviceMs * rho) / ((1 - rho) * Math.sqrt(pool))
  return 3 * (serviceMs + waitMs) + Math.min(window, batch / 6) / 2 + 0.002 * ttl + 0.02 * pool
}

const mixed = {
  name: 'mixed',
  scale: null,
  constraints: [],
  space: {
    parameters: [
      { kind: 'int', name: 'pool', min: 1, max: 64, scale: 'log' },
      { kind: 'int', name: 'batch', min: 1, max: 256, scale: 'log' },
      { kind: 'float', name: 'window', min: 0.05, max: 20, scale: 'log' },
      { kind: 'float', name: 'ttl', min: 0.5, max: 600, scale: 'log' },
      { kind: 'choice', name: 'codec', choices: ['none', 'lz4', 'zstd'] },
    ],
    forbidden: [],
  },
  value: mixedCost,
  optimum: 2.4975,
}

export const functions = [
  continuous('branin', 2, { scale: 50, value: branin, optimum: 0.39788735772973816 }),
  continuous('hartmann3', 3, { scale: 1, value: (x) => hartmann3(x) + 3.86278 }),
  continuous('hartmann6', 6, { scale: 1, value: (x) => hartmann6(x) + 3.32237 }),
  continuous('rosenbrock4', 4, { scale: 5, value: rosenbrock }),
  continuous('ackley5', 5, { scale: 20, value: ackley }),
  mixed,
  {
    ...mixed,
    name: 'mixed, rho < 0.97',
    constraints: [{ name: 'rho', limit: 0.97, value: (settings) => utilisationOf(settings).rho }],
  },
]

/** What a run of these settings shows. */
export function measure({ scale, value, constraints }, settings, { noise, random }) {
  const noisy = (truth) =>
    scale === null ? truth * Math.exp(noise * random.normal()) : truth + noise * scale * random.normal()
  return {
    objective: noisy(value(settings)),
    constraints: Object.fromEntries(
      constraints.map((constraint) => [constraint.name, noisy(constraint.value(settings))]),
    ),
  }
}
