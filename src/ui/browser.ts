import { spawn } from 'node:child_process'

// A page in the browser of the person in front of the screen, where there is one.

type Environment = Readonly<Record<string, string | undefined>>

/** The opener of a desktop is through at once, or stays for as long as the browser it has become. */
const deadlineMs = 5_000

/** False where there is no screen or nothing that could open the file; then the person is told its path. */
export async function openInBrowser(file: string, env: Environment): Promise<boolean> {
  const isMac = process.platform === 'darwin'
  const hasScreen = isMac || [env['DISPLAY'], env['WAYLAND_DISPLAY']].some((name) => name !== undefined && name !== '')
  if (!hasScreen) return false
  const opener = spawn(isMac ? 'open' : 'xdg-open', [file], { env: { ...env }, detached: true, stdio: 'ignore' })
  return await new Promise((resolve) => {
    const late = setTimeout(() => resolve(true), deadlineMs)
    const end = (opened: boolean) => {
      clearTimeout(late)
      resolve(opened)
    }
    opener.once('error', () => end(false))
    opener.once('exit', (code) => end(code === 0))
    opener.unref()
  })
}
