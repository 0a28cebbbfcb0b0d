import type { ServiceSpec } from '../spec.js'
import type { RunningService } from './context.js'
import { startService } from './start.js'

/** For tests: a server started as the product does, which keeps all that it writes in `folder`. */
export const serviceIn = (folder: string, spec: ServiceSpec): Promise<RunningService> =>
  startService(spec, {
    folder,
    logFolder: folder,
    systemId: 'a1b2c3',
    offline: false,
    stop: new AbortController().signal,
    progress: () => undefined,
    onSpawn: () => undefined,
  })
