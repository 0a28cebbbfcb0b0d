import { type RunResult, type RunResultInput, runResultSchemaId } from '../results/run-result.js'
import { phasesOf } from './arrivals.js'
import type { BenchPlan, SystemAccess } from './plan.js'

/** What is known of a run beside what it measured. */
export type RunContext = {
  readonly plan: BenchPlan
  readonly access: SystemAccess
  readonly startedAt: string
  readonly engines: RunResult['engines']
  readonly machine: RunResult['machine']
  readonly git: RunResult['git']
  readonly profile: Readonly<Record<string, unknown>>
  readonly version: string
}

/** The fields of a result that say which run it was, whatever it drove. `windowNs` is what of the window was run. */
export function headOf({ plan, access, ...context }: RunContext, windowNs: number) {
  const { arrivals, duration } = plan.load
  const faults = Object.entries(plan.faults).map(([engine, list]) => [engine, [...list]])
  return {
    schema: runResultSchemaId,
    id: plan.runId,
    nautilusVersion: context.version,
    profileName: plan.profileName,
    quickCommand: plan.quickCommand,
    startedAt: context.startedAt,
    git: context.git,
    profile: { ...context.profile },
    faults: Object.fromEntries(faults),
    phases: phasesOf(arrivals, duration, windowNs),
    engines: context.engines,
    services: access.services.map(({ name, kind, version, origin }) => ({ name, kind, version, origin })),
    bus: busOf(access.bus),
    machine: context.machine,
  } satisfies Partial<RunResultInput>
}

function busOf(bus: SystemAccess['bus']): RunResult['bus'] {
  return {
    kind: bus.kind === 'routed' ? 'redis' : bus.kind,
    wait: bus.kind === 'shared-memory' ? bus.wait : null,
    problem: bus.kind === 'redis' ? (bus.insteadBecause ?? null) : null,
  }
}
