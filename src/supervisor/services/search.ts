import { access, constants, realpath } from 'node:fs/promises'
import { delimiter, isAbsolute, join } from 'node:path'
import { durationNs, nsPerSec } from '../../core/units.js'
import { runToEnd } from './child.js'
import type { ServerProgram, ServiceContext } from './context.js'
import { serverEnvironment, serverIdentity } from './identity.js'

// Where system packages put servers, also where PATH does not name it.
const systemFolders = ['/usr/local/bin', '/usr/bin', '/usr/local/sbin', '/usr/sbin', '/opt/homebrew/bin']

/** Folders of PATH, then those of the system. Folders of node_modules are npm's, not the user's. */
export function programFolders(): string[] {
  const own = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => isAbsolute(folder))
  return [...new Set([...own.filter((folder) => !folder.includes('node_modules')), ...systemFolders])]
}

/** Full paths of the programs of these names that can be run, in order of the folders, each once. */
export async function findPrograms(names: readonly string[], folders: readonly string[]): Promise<string[]> {
  const found: string[] = []
  for (const folder of folders) {
    for (const name of names) {
      const path = join(folder, name)
      if ((await runnable(path)) && !found.includes(path)) found.push(path)
    }
  }
  return found
}

/** Whether it starts as the user that would run it: this finds missing libraries and folders that it cannot enter. */
export async function answersVersion(server: ServerProgram, context: ServiceContext): Promise<boolean> {
  const end = await runToEnd(
    {
      program: server.program,
      args: ['--version'],
      env: serverEnvironment('/', server.environment),
      identity: serverIdentity(),
      deadlineNs: durationNs(10 * nsPerSec),
    },
    context,
  )
  return end.code === 0
}

async function runnable(path: string): Promise<boolean> {
  try {
    await access(await realpath(path), constants.X_OK)
    return true
  } catch {
    // Not there or not to be run: the next folder may have it.
    return false
  }
}
