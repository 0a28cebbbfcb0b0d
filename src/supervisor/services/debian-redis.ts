import { copyFile, mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { NautilusError } from '../../core/errors.js'
import { durationNs, nsPerSec } from '../../core/units.js'
import type { CacheEntry } from './cache.js'
import { keepInCache } from './cache.js'
import { type CommandEnd, runToEnd } from './child.js'
import type { ServerProgram, ServiceContext } from './context.js'
import { toolEnvironment } from './identity.js'
import { answersVersion, findPrograms } from './search.js'

// Redis from the packages of Debian or Ubuntu without being root: apt with a private state reads the system's own source
// lists, resolves what the system lacks and downloads it; the packages are unpacked, never installed. What stays is
// bin/redis-server and lib/*.so*, some 5 MB.

const commandDeadlineNs = durationNs(120 * nsPerSec)
const heartbeatMs = 5_000
// The second is for releases that have no Redis any more.
const packageSets = [
  ['redis-server', 'redis-tools'],
  ['valkey-server', 'valkey-tools'],
] as const

export const cachedRedis = (folder: string): ServerProgram => ({
  program: join(folder, 'bin', 'redis-server'),
  origin: 'cache',
  environment: { LD_LIBRARY_PATH: join(folder, 'lib') },
})

export const canUnpackPackages = async (folders: readonly string[]): Promise<boolean> =>
  (await findPrograms(['apt-get'], folders)).length > 0 && (await findPrograms(['dpkg-deb'], folders)).length > 0

/** Returns the folder of the cache. Everything before the last step happens below the folder that the supervisor removes. */
export async function unpackRedis(entry: CacheEntry, context: ServiceContext): Promise<string> {
  const folder = await mkdtemp(join(context.folder, 'packages-'))
  try {
    context.progress(`not on this machine; unpacking the distribution's packages into ${entry.cache}, once`)
    await updateLists(folder, context)
    await download(folder, context)
    const built = await unpack(folder, context)
    const place = await keepInCache(entry, built, (candidate) => answersVersion(cachedRedis(candidate), context))
    context.progress('unpacked')
    return place
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

async function updateLists(folder: string, context: ServiceContext): Promise<void> {
  await mkdir(join(folder, 'state', 'lists', 'partial'), { recursive: true })
  await mkdir(join(folder, 'cache', 'archives', 'partial'), { recursive: true })
  // A source of the user's that does not answer fails the update; whether Redis was found, the next step tells.
  await apt(['update'], { folder, context, doing: 'reading the package lists' })
}

/** What the system lacks, as apt resolves it; where apt cannot (an unmet dependency of any package at all), every library below Redis. */
async function download(folder: string, context: ServiceContext): Promise<void> {
  const problems: string[] = []
  for (const names of packageSets) {
    const lacking = ['--yes', '--download-only', '--no-install-recommends', '--reinstall', 'install', ...names]
    const end = await apt(lacking, { folder, context, doing: 'downloading' })
    if (end.code === 0) return
    problems.push(lastLine(end.output))
    const libraries = await librariesBelow(names, { folder, context })
    if (libraries.length === 0) continue
    const all = ['download', ...names, ...libraries]
    if ((await apt(all, { folder, context, doing: `downloading with ${libraries.length} libraries` })).code === 0)
      return
  }
  throw new NautilusError('SERVICE_UNAVAILABLE', `apt-get cannot download Redis: ${problems[0]}`, {
    hint: 'Check the network and the source lists, install redis-server, or name a running Redis by `url:`.',
  })
}

async function librariesBelow(names: readonly string[], { folder, context }: AptTask): Promise<string[]> {
  const leftOut = ['recommends', 'suggests', 'conflicts', 'breaks', 'replaces', 'enhances'].map(
    (kind) => `--no-${kind}`,
  )
  const { output } = await runToEnd(
    {
      program: 'apt-cache',
      args: [...aptOptions(folder), 'depends', '--recurse', ...leftOut, ...names],
      env: toolEnvironment(),
      deadlineNs: commandDeadlineNs,
    },
    context,
  )
  return output.split('\n').filter((line) => /^(lib|lua)[a-z0-9.+-]+$/.test(line) && isWanted(`${line}_.deb`))
}

async function unpack(folder: string, context: ServiceContext): Promise<string> {
  const archives = join(folder, 'cache', 'archives')
  const root = join(folder, 'root')
  const packages = (await readdir(archives)).filter(isWanted)
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
  return flatten(root, join(folder, 'built'))
}

/** Servers and libraries, but never the C library: it must be that of the loader, the system's. */
const isWanted = (name: string): boolean =>
  name.endsWith('.deb') && /^(redis|valkey|lua|lib)/.test(name) && !/^(libc6|libc-bin)[_:-]|perl/.test(name)

async function flatten(root: string, built: string): Promise<string> {
  await mkdir(join(built, 'bin'), { recursive: true })
  await mkdir(join(built, 'lib'), { recursive: true })
  for (const name of await readdir(root, { recursive: true })) {
    const path = join(root, name)
    const isServer = /(^|\/)bin\/(redis|valkey)-server$/.test(name)
    if (!isServer && !/\.so(\.[0-9.]+)?$/.test(name)) continue
    // A link is followed: redis-server is one to a program of redis-tools. One that leads nowhere is for compilers.
    const isFile = await stat(path).then(
      (found) => found.isFile(),
      () => false,
    )
    if (isFile) await copyFile(path, isServer ? join(built, 'bin', 'redis-server') : join(built, 'lib', basename(name)))
  }
  return built
}

type AptTask = { readonly folder: string; readonly context: ServiceContext }

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
