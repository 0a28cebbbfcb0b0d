import { z } from 'zod'
import { duration } from '../core/fields.js'

// How one process of a profile is started, watched and stopped (`engines.NAME` in YAML, beside `settings`).

const readyConfig = z
  .union([
    z.strictObject({
      notify: z.literal(true).describe('The process writes READY=1 to the descriptor in NAUTILUS_NOTIFY_FD.'),
    }),
    z.strictObject({ http: z.string().describe('Path on the port of the engine; any 2xx or 3xx answer is ready.') }),
    z.strictObject({ tcp: z.literal(true).describe('Ready as soon as the port of the engine accepts a connection.') }),
    z.strictObject({ log: z.string().describe('Ready as soon as a line of the log contains this text.') }),
    z.strictObject({ exit: z.literal(true).describe('A one-shot: ready when the process has exited with 0.') }),
  ])
  .describe('What says that the process can take work.')

const restartConfig = z.strictObject({
  policy: z.enum(['never', 'on-failure', 'always']).default('on-failure').describe('Which exits lead to a new start.'),
  max: z.int().min(0).max(1000).default(5).describe('Restarts within `window`; one more and the engine has failed.'),
  window: duration.prefault('60s').describe('Span over which restarts are counted.'),
})

export const processConfig = z.strictObject({
  command: z
    .array(z.string())
    .min(1)
    .optional()
    .describe(
      'Program and arguments of an engine of your own, none for a shipped one; it finds PORT and, per service, NAUTILUS_SERVICE_NAME with its address.',
    ),
  url: z.string().optional().describe('An engine that runs elsewhere: it is used, never started or stopped.'),
  cwd: z.string().optional().describe('Working directory of the command, relative to the profile.'),
  env: z.record(z.string(), z.string()).default({}).describe('Environment variables added for the process.'),
  port: z
    .int()
    .min(0)
    .max(65_535)
    .optional()
    .describe('HTTP port; 0 or none takes a free one, which a command finds in the variable PORT.'),
  replicas: z
    .int()
    .min(1)
    .max(16)
    .default(1)
    .describe('Processes of this engine that share its work; only the first gets `port`.'),
  cpus: z.array(z.int().min(0)).optional().describe('Cores that the process may use (taskset).'),
  dependsOn: z
    .record(z.string(), z.enum(['started', 'ready', 'exited']))
    .default({})
    .describe('Other engines or services, and the state they must have reached first.'),
  ready: readyConfig.optional(),
  readyTimeout: duration.prefault('15s').describe('Longest wait for readiness before the start counts as failed.'),
  restart: restartConfig.prefault({}).describe('What happens when the process exits by itself.'),
  stopGrace: duration.prefault('10s').describe('Time between TERM and KILL when stopping.'),
})
export type ProcessConfig = z.output<typeof processConfig>

export const serviceConfig = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('redis'),
    url: z.string().optional().describe('A Redis that runs elsewhere; it is used, never started or stopped.'),
    port: z
      .int()
      .min(0)
      .max(65_535)
      .optional()
      .describe('TCP port on 127.0.0.1; none: a unix socket only, or with `transport: tcp` a free port.'),
    transport: z
      .enum(['unix', 'tcp'])
      .optional()
      .describe('How clients reach a Redis of our own: by its unix socket, as where none is given, or by TCP.'),
    durable: z
      .boolean()
      .default(false)
      .describe('Append-only file, synced at every write: what was queued survives a crash.'),
  }),
  z.strictObject({
    kind: z.literal('postgres'),
    url: z.string().optional().describe('A PostgreSQL that runs elsewhere; it is used, never started or stopped.'),
    port: z.int().min(0).max(65_535).optional().describe('TCP port on 127.0.0.1; none: a unix socket only.'),
  }),
])
export type ServiceConfig = z.output<typeof serviceConfig>
