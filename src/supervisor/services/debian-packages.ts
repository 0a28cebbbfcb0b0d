import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { NautilusError } from '../../core/errors.js'
import { durationNs, nsPerSec } from '../../core/units.js'
import { type CommandEnd, runToEnd } from './child.js'
import type { ServiceContext } from './context.js'
import { toolEnvironment } from './identity.js'
import { findPrograms } from './search.js'

// Programs from the packages of Debian or Ubuntu without being root: apt with a private state reads the system's own source
// lists, resolves what the system lacks and downloads it; the packages are unpacked, never installed.

export type PackageWish = {
  /** What a person calls it. */
  readonly title: string
  /** Names of packages to try, a set after the other: releases name programs differently. */
  readonly sets: readonly (readonly string[])[]
  /** Whether a package, by the name of its file, is to be unpacked; apt brings more than a program needs. */
  readonly isWanted: (fileName: string) => boolean
  readonly hint: string
}
type AptTask = { readonly folder: string; readonly context: ServiceContext }

const commandDeadlineNs = durationNs(120 * nsPerSec)
const heartbeatMs = 5_000

export const canUnpackPackages = async (folders: readonly string[]): Promise<boolean> =>
  (await findPrograms(['apt-get'], folders)).length > 0 && (await findPrograms(['dpkg-deb'], folders)).length > 0

/** The C library must be that of the loader, the system's; what belongs to Perl is for scripts of the installation. */
export const isSystemPackage = (fileName: string): boolean => /^(libc6|libc-bin)[_:-]|perl/.test(fileName)

/** Unpacks what is wished and what it needs below `folder`, and returns the root of what was unpacked. */
export async function unpackPackages(wish: PackageWish, folder: string, context: ServiceContext): Promise<string> {
  await updateLists({ folder, context })
  await download(wish, { folder, context })
  return await unpack(wish, { folder, context })
}

async function updateLists({ folder, context }: AptTask): Promise<void> {
  await mkdir(join(folder, 'state', 'lists', 'partial'), { recursive: true })
  await mkdir(join(folder, 'cache', 'archives', 'partial'), { recursive: true })
  // A source of the user's that does not answer fails the update; whether the wish can be met, the next step tells.
  await apt(['update'], { folder, context, doing: 'reading the package lists' })
}

/** What the system lacks, as apt resolves it; where apt cannot (an unmet dependency of any package at all), every library below the wish. */
async function download(wish: PackageWish, { folder, context }: AptTask): Promise<void> {
  const problems: string[] = []
  for (const names of wish.sets) {
    const lacking = ['--yes', '--download-only', '--no-install-recommends', '--reinstall', 'install', ...names]
    const end = await apt(lacking, { folder, context, doing: 'downloading' })
    if (end.code === 0) return
    problems.push(lastLine(end.output))
    const libraries = await librariesBelow({ ...wish, sets: [names] }, { folder, context })
    if (libraries.length === 0) continue
    const all = ['download', ...names, ...libraries]
    if ((await apt(all, { folder, context, doing: `downloading with ${libraries.length} libraries` })).code === 0)
      return
  }
  throw new NautilusError('SERVICE_UNAVAILABLE', `apt-get cannot download ${wish.title}: ${problems[0]}`, {
    hint: wish.hint,
  })
}

async function librariesBelow({ sets, isWanted }: PackageWish, { folder, context }: AptTask): Promise<string[]> {
  const leftOut = ['recommends', 'suggests', 'conflicts', 'breaks', 'replaces', 'enhances'].map(
    (kind) => `--no-${kind}`,
  )
  const { output } = await runToEnd(
    {
      program: 'apt-cache',
      args: [...aptOptions(folder), 'depends', '--recurse', ...leftOut, ...sets.flat()],
      env: toolEnvironment(),
      deadlineNs: commandDeadlineNs,
    },
    context,
  )
  return output.split('\n').filter((line) => /^[a-z0-9.+-]+$/.test(line) && isWanted(`${line}_.deb`))
}

async function unpack({ isWanted }: PackageWish, { folder, context }: AptTask): Promise<string> {
  const archives = join(folder, 'cache', 'archives')
  const root = join(folder, 'root')
  const packages = (await readdir(archives)).filter((name) => name.endsWith('.deb') && isWanted(name))
  context.progress(`unpacking ${packages.length} packages`)
  for (const name of packages) {
    const end = await runToEnd(
      {
        program: 'dpkg-deb',
        args: ['--extract', join(archives, name), root],
        env: toolEnvironment(),
        deadlineNs: commandDeadlineNs,
      },
      context,
    )
    if (end.code !== 0) throw new NautilusError('SERVICE_UNAVAILABLE', `cannot unpack ${name}: ${lastLine(end.output)}`)
  }
  return root
}

const aptOptions = (folder: string): string[] =>
  [
    `Dir::State=${join(folder, 'state')}`,
    'Dir::State::status=/var/lib/dpkg/status',
    `Dir::State::extended_states=${join(folder, 'state', 'extended_states')}`,
    `Dir::Cache=${join(folder, 'cache')}`,
    `Dir::Log=${join(folder, 'state')}`,
    'APT::Sandbox::User=',
    'Debug::NoLocking=1',
    'Acquire::Languages=none',
    'Acquire::Retries=2',
  ].flatMap((option) => ['-o', option])

async function apt(args: readonly string[], task: AptTask & { readonly doing: string }): Promise<CommandEnd> {
  const { folder, context, doing } = task
  context.progress(doing)
  let beats = 0
  const heartbeat = setInterval(() => {
    beats += 1
    context.progress(`${doing}, ${(beats * heartbeatMs) / 1000} s`)
  }, heartbeatMs)
  try {
    return await runToEnd(
      {
        program: 'apt-get',
        args: [...aptOptions(folder), '-q', ...args],
        env: toolEnvironment(),
        // `download` writes where it stands, `install` into the archives.
        cwd: join(folder, 'cache', 'archives'),
        deadlineNs: commandDeadlineNs,
      },
      context,
    )
  } finally {
    clearInterval(heartbeat)
  }
}

const lastLine = (output = ''): string =>
  output
    .trim()
    .split('\n')
    .filter((line) => line.startsWith('E:') || !line.includes(':'))
    .at(-1) ?? 'no message'
