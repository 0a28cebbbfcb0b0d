import { distFile } from '../core/paths.js'

/**
 * The command of a process with the profiler of Node on. It writes its file at an exit, and a command of the user's own may
 * die of the signal that stops it: so it is taught to exit.
 */
export function profiledCommand(
  command: readonly string[],
  file: { readonly folder: string; readonly name: string },
): string[] {
  const [program = process.execPath, ...args] = command
  const flags = ['--cpu-prof', `--cpu-prof-dir=${file.folder}`, `--cpu-prof-name=${file.name}`]
  return [program, ...flags, '--import', distFile('supervisor/exit-on-term.js'), ...args]
}
