import { execFileSync } from 'node:child_process'
import { readlinkSync } from 'node:fs'
import { basename } from 'node:path'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'

// Entry of the process that keeps cores awake: a thread for each core that never stops. These are in the scheduling class for
// idle time, so whatever else wants a core gets it at once; the main thread is not, so that it ends at once when its parent
// does: their pipe closes then.

function watchParent(): void {
  const spinners = Array.from({ length: Number(process.argv[2] ?? 1) }, () => new Worker(new URL(import.meta.url)))
  process.stdin.on('close', () => process.exit())
  process.stdin.resume()
  let begun = 0
  for (const spinner of spinners) {
    spinner.on('error', () => process.exit(1))
    spinner.once('message', () => {
      begun += 1
      if (begun === spinners.length) process.stdout.write('awake\n')
    })
  }
}

function spin(): never {
  const thread = basename(readlinkSync('/proc/thread-self'))
  execFileSync('chrt', ['--idle', '--pid', '0', thread], { stdio: 'ignore' })
  parentPort?.postMessage('begun')
  for (;;);
}

if (isMainThread) watchParent()
else spin()
