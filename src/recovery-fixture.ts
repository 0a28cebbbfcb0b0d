/**
 * A pipeline for tests that kill its engines: so patient that nothing is given up that an engine, once it is back, still
 * answers.
 */
export const patientPipeline = ({ buses, duration }: { readonly buses: string; readonly duration: string }): string =>
  `version: 1
name: desk
${buses}
engines:
  market-data: {}
  signals: { settings: { assets: 7, deadline: 5s } }
  strategy: { settings: { deadline: 5s } }
  risk: { settings: { deadline: 5s } }
  order-gateway: { settings: { placementTimeout: 20s, batch: { window: 5ms } } }
  matching: {}
load:
  scenario: pipeline
  source: { kind: generated, symbols: 7 }
  arrivals: { kind: constant, rate: 400/s }
  warmup: 500ms
  duration: ${duration}
  timeout: 20s
  drain: 20s
sla: { endToEnd: { p95: 20s } }
`
