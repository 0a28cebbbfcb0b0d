import { execFile } from 'node:child_process'
import { mkdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { messageOf, NautilusError } from '../core/errors.js'
import { durationNs, nsPerSec } from '../core/units.js'
import type { ProcessSpec } from './spec.js'
import { startSystem } from './system.js'

// Commits of the user's repository, each in a worktree of its own, built. A build is a one-shot process of a system that stays up
// until the trees are removed: so a signal ends it, and its guardian removes the trees even after a kill -9 of nautilus. What
// that leaves is an entry in `.git/worktrees` without a folder, which the next comparison removes.

type TreeAsked = {
  /** Names the folder and the log. */
  readonly name: string
  readonly ref: string
}

type Tree = {
  /** The folder in the worktree that corresponds to the one in which nautilus was called. */
  readonly cwd: string
  readonly commit: string
}

export type Trees = {
  readonly of: ReadonlyMap<string, Tree>
  readonly remove: () => Promise<void>
}

type TreeOptions = {
  readonly cwd: string
  readonly systemId: string
  readonly logFolder: string
  /** Command line of a shell that is run in each tree; null builds nothing. */
  readonly build: string | null
  readonly stop: AbortSignal
  readonly note: (text: string) => void
}

const buildDeadlineNs = durationNs(3600 * nsPerSec)
const treesName = /\/nautilus-[0-9a-f]{6}-trees\//

/** Checks the commits out and builds them, one after the other. Rejects with BUILD_FAILED, and then leaves nothing. */
export async function openTrees(asked: readonly TreeAsked[], options: TreeOptions): Promise<Trees> {
  const { cwd, systemId, build, stop, note } = options
  const prefix = (await git(cwd, stop, ['rev-parse', '--show-prefix'])).trim()
  const home = join(tmpdir(), `nautilus-${systemId}-trees`)
  const trees = new Map<string, Tree & { readonly folder: string; readonly ref: string }>()
  for (const { name, ref } of asked) {
    const folder = join(home, name)
    trees.set(name, { ref, folder, cwd: join(folder, prefix), commit: await commitOf(ref, cwd, stop) })
  }
  const builds = [...trees].map(([name, tree], index): ProcessSpec => {
    const before = asked[index - 1]
    return buildSpec({ name, cwd: tree.cwd, build: build ?? '', before: before === undefined ? null : before.name })
  })
  const removeTrees = async (): Promise<void> => {
    // Not with the signal of the user: what was begun is cleaned up.
    const never = new AbortController().signal
    for (const { folder } of trees.values()) {
      await git(cwd, never, ['worktree', 'remove', '--force', folder]).catch(() => '')
    }
    await rm(home, { recursive: true, force: true })
    // What failed here fails with its reason at the next comparison; the folders have gone.
    await removeStale(cwd, never).catch(() => undefined)
  }
  const spec = { systemId, profileName: 'build', services: [], stateFolder: home, logFolder: options.logFolder }
  try {
    const system = await startSystem(
      { ...spec, processes: build === null ? [] : builds, offline: true },
      {
        stop,
        untilReady: true,
        onEvent: ({ source, text }) => note(`${source}: ${text}`),
        claim: async ({ removeAtDeath }) => {
          removeAtDeath(home)
          await removeStale(cwd, stop)
          await mkdir(home, { recursive: true })
          for (const { ref, folder, commit } of trees.values()) {
            note(`checking out ${ref} (${commit.slice(0, 8)})`)
            await git(cwd, stop, ['-c', 'core.hooksPath=/dev/null', 'worktree', 'add', '--detach', folder, commit])
          }
        },
      },
    )
    return {
      of: trees,
      remove: async () => {
        await system.stop()
        await removeTrees()
      },
    }
  } catch (error) {
    await removeTrees()
    throw asBuildFailure(error, trees, options.logFolder)
  }
}

const processOf = (name: string): string => `build-${name}`

function buildSpec(asked: {
  readonly name: string
  readonly cwd: string
  readonly build: string
  readonly before: string | null
}): ProcessSpec {
  return {
    name: processOf(asked.name),
    command: ['/bin/sh', '-c', asked.build],
    cwd: asked.cwd,
    env: () => ({}),
    port: null,
    dependsOn: asked.before === null ? {} : { [processOf(asked.before)]: 'exited' },
    ready: { kind: 'exit' },
    readyTimeoutNs: buildDeadlineNs,
    restart: { policy: 'never', restartsMax: 0, windowNs: durationNs(nsPerSec) },
    stopGraceNs: durationNs(5 * nsPerSec),
    cpus: null,
  }
}

function asBuildFailure(
  error: unknown,
  trees: ReadonlyMap<string, { readonly ref: string; readonly commit: string }>,
  logFolder: string,
): unknown {
  if (!(error instanceof NautilusError)) return error
  for (const [name, { ref, commit }] of trees) {
    const process = processOf(name)
    if (!error.message.startsWith(process)) continue
    const words = error.message.slice(process.length)
    return new NautilusError('BUILD_FAILED', `the build of git:${ref} (${commit.slice(0, 8)})${words}`, {
      hint: `Correct the command of --build, or name another commit; the whole log is ${join(logFolder, `${process}.log`)}.`,
      cause: error,
    })
  }
  return error
}

/** The commit that a branch, a tag or another word of git means. */
export async function commitOf(ref: string, cwd: string, stop: AbortSignal): Promise<string> {
  await git(cwd, stop, ['rev-parse', '--git-dir'])
  try {
    return (await git(cwd, stop, ['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`])).trim()
  } catch (cause) {
    stop.throwIfAborted()
    throw new NautilusError('USAGE', `git:${ref} is no commit of the repository in ${cwd}`, {
      hint: 'Name a branch, a tag or a commit; a shallow clone may need `git fetch` first.',
      cause,
    })
  }
}

/** Entries of earlier comparisons whose folder has gone. */
async function removeStale(cwd: string, stop: AbortSignal): Promise<void> {
  const list = await git(cwd, stop, ['worktree', 'list', '--porcelain'])
  for (const entry of list.split('\n\n')) {
    const folder = /^worktree (.+)$/m.exec(entry)?.[1]
    if (folder === undefined || !/^prunable/m.test(entry) || !treesName.test(folder)) continue
    await git(cwd, stop, ['worktree', 'remove', '--force', folder])
  }
}

const run = promisify(execFile)

/** Enough for the checkout of a large repository; a git that waits for a lock or a network file system ends by it. */
const gitDeadlineMs = 600_000

/** Without what a hook of git around us would have it do. */
const ownVariables = new Set(['GIT_DIR', 'GIT_WORK_TREE', 'GIT_INDEX_FILE', 'GIT_PREFIX'])

async function git(cwd: string, signal: AbortSignal, args: readonly string[]): Promise<string> {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !ownVariables.has(name)))
  try {
    return (await run('git', [...args], { cwd, env, signal, timeout: gitDeadlineMs, maxBuffer: 64 << 20 })).stdout
  } catch (cause) {
    signal.throwIfAborted()
    throw new NautilusError('USAGE', `git cannot do what is asked in ${cwd}: ${messageOf(cause).trim()}`, {
      hint: 'Call nautilus in a folder of the git repository whose commits are compared.',
      cause,
    })
  }
}
