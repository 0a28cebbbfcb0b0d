import { copyFile, cp, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import type { Browser } from 'playwright-core'
import { cacheFolder, keepInCache, releaseName } from '../../supervisor/services/cache.js'
import type { ServerProgram, ServiceContext } from '../../supervisor/services/context.js'
import {
  canUnpackPackages,
  isSystemPackage,
  type PackageWish,
  unpackPackages,
} from '../../supervisor/services/debian-packages.js'
import { answersVersion, findPrograms, programFolders } from '../../supervisor/services/search.js'

// For tests: a real Chromium. CHROMIUM_PATH, else one on PATH, else Debian's headless build unpacked into the cache without
// root, as Redis is. Where none of these works the test fails, since a report that no browser has opened is not tested.

type Chromium = Pick<ServerProgram, 'program' | 'environment'>
type Places = { readonly named: string | undefined; readonly folders: readonly string[]; readonly cache: string }

const names = ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome']

const wish: PackageWish = {
  title: 'Chromium',
  sets: [['chromium-headless-shell', 'chromium-common', 'fonts-dejavu-core']],
  // Drivers of graphics cards and their compiler are half of what apt brings; a browser without a screen needs none of it.
  isWanted: (name) =>
    /^(chromium-(headless-shell|common)|fonts-dejavu-core|lib|zlib1g)/.test(name) &&
    !isSystemPackage(name) &&
    !/^lib(llvm|gl1|gl[xv]|z3|icu)|mesa/.test(name),
  hint: 'Install Chromium, or name one by CHROMIUM_PATH.',
}

/** Starts a browser that keeps all its files in `folder`. */
export async function launchChromium(folder: string, places: Places = usualPlaces()): Promise<Browser> {
  const { chromium } = await import('playwright-core')
  const { program, environment } = await findChromium(places)
  // The folders that playwright makes for a browser stand where TMPDIR says.
  const before = process.env['TMPDIR']
  process.env['TMPDIR'] = folder
  try {
    return await chromium.launch({
      executablePath: program,
      env: { PATH: process.env['PATH'] ?? '', HOME: folder, TMPDIR: folder, ...environment },
      args: [
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    })
  } finally {
    if (before === undefined) delete process.env['TMPDIR']
    else process.env['TMPDIR'] = before
  }
}

const usualPlaces = (): Places => ({
  named: process.env['CHROMIUM_PATH'] || undefined,
  folders: programFolders(),
  cache: cacheFolder(),
})

async function findChromium(places: Places): Promise<Chromium> {
  const folder = await mkdtemp(join(tmpdir(), 'chromium-'))
  const context: ServiceContext = {
    folder,
    logFolder: folder,
    systemId: 'a1b2c3',
    offline: false,
    stop: new AbortController().signal,
    progress: () => undefined,
    onSpawn: () => undefined,
  }
  try {
    if (places.named !== undefined) return { program: places.named, environment: {} }
    for (const program of await findPrograms(names, places.folders)) {
      if (await answersVersion({ program, origin: 'path', environment: {} }, context))
        return { program, environment: {} }
    }
    const entry = { cache: places.cache, name: await releaseName('chromium') }
    const works = (place: string) => answersVersion({ ...cachedChromium(place), origin: 'cache' }, context)
    if (await works(join(entry.cache, entry.name))) return cachedChromium(join(entry.cache, entry.name))
    if (!(await canUnpackPackages(programFolders()))) throw new Error(`there is no Chromium. ${wish.hint}`)
    const built = join(folder, 'built')
    await arrange(await unpackPackages(wish, folder, context), built)
    return cachedChromium(await keepInCache(entry, built, works))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const cachedChromium = (folder: string): Chromium => ({
  program: join(folder, 'chromium', 'chromium-headless-shell'),
  environment: { LD_LIBRARY_PATH: join(folder, 'lib'), FONTCONFIG_FILE: join(folder, 'fonts', 'fonts.conf') },
})

/** The browser in its folder, every library beside each other, and one family of fonts: a bare machine has none. */
async function arrange(root: string, built: string): Promise<void> {
  const fonts = join(built, 'fonts')
  const libraries = join(built, 'lib')
  for (const folder of [fonts, libraries]) await mkdir(folder, { recursive: true })
  await cp(join(root, 'usr/lib/chromium'), join(built, 'chromium'), {
    recursive: true,
    filter: (path) => !/locales$|libVkLayer|crashpad/.test(path),
  })
  for (const name of await readdir(root, { recursive: true })) {
    if (name.startsWith('usr/lib/chromium/')) continue
    const target = /\.so(\.[0-9.]+)?$/.test(name) ? libraries : /\.ttf$/.test(name) ? fonts : null
    const path = join(root, name)
    if (target !== null && (await isFile(path))) await copyFile(path, join(target, basename(name)))
  }
  const config = '<fontconfig><dir prefix="relative">.</dir><cachedir prefix="xdg">fontconfig</cachedir></fontconfig>'
  await writeFile(join(fonts, 'fonts.conf'), `<?xml version="1.0"?>\n${config}\n`)
}

/** A link is followed; one that leads nowhere is for compilers. */
const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isFile(),
    () => false,
  )
