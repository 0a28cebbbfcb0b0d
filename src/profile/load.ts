import { existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { NautilusError } from '../core/errors.js'
import { maskSecrets } from '../core/secrets.js'
import { catalog } from '../engines/catalog.js'
import { crossCheck } from './cross-check.js'
import type { Environment } from './environment.js'
import { expandEnvironment, secretsIn } from './environment.js'
import { readFamily } from './extend.js'
import { findProfile, shownFile } from './find.js'
import type { Located, Path, Place, Problem } from './located.js'
import { placeOf, plain } from './located.js'
import { applyOverrides } from './overrides.js'
import type { ParsedProfile } from './parse.js'
import { isFigure, parseProfile } from './parse.js'
import type { Catalog, ProfileConfig } from './schema.js'

export type Profile = {
  /** Parsed: durations are nanoseconds, defaults are filled in. Frozen, as all of it. */
  readonly config: ProfileConfig
  /** Plain JSON as a person would write it in one file: bases merged, variables expanded, options applied. Not masked. */
  readonly input: Readonly<Record<string, unknown>>
  /** What was written, each value with its place. */
  readonly tree: Located
  /** What no output may show; see `maskSecrets`. */
  readonly secrets: readonly string[]
  readonly file: string
  /** The file as people read it: relative to the working directory where it lies below. */
  readonly shownFile: string
  /** Folder against which `load.source.file` is resolved: that of the file which names it. */
  readonly baseFolder: string
}

export type LoadOptions = {
  readonly cwd: string
  readonly env: Environment
  /** Values of `--set`, in their order. */
  readonly set?: readonly string[]
  readonly engines?: Catalog
}

export type Examined =
  | { readonly profile: Profile; readonly problems: readonly [] }
  | {
      readonly profile: null
      readonly problems: readonly Problem[]
      readonly message: string
      readonly secrets: readonly string[]
    }

/** Finds, reads and checks a profile. Throws one NautilusError that lists every problem. */
export function loadProfile(nameOrPath: string, options: LoadOptions): Profile {
  const examined = examineProfile(nameOrPath, options)
  if (examined.profile !== null) return examined.profile
  throw new NautilusError('PROFILE_INVALID', examined.message, {
    hint: 'Run `nautilus schema` for every key and what it takes.',
  })
}

/** The same, with the problems as data. Throws only where there is no such profile. */
export function examineProfile(nameOrPath: string, options: LoadOptions): Examined {
  const file = findProfile(nameOrPath, options.cwd)
  const written = readFamily(file)
  // Where a file could not be read, all that it should have held would seem to be missing.
  if (written.tree === null || written.problems.length > 0) return refuse(written.problems, [], file, options)
  const early: Problem[] = []
  const expanded = expandEnvironment(written.tree, options.env, early)
  const chosen = applyOverrides(expanded, options.set ?? [], early)
  const parsed = parseProfile(chosen, options.engines ?? catalog)
  const known = new Set(early.map(({ at }) => JSON.stringify(at)))
  const late = [...parsed.problems, ...checkTogether(parsed, options)]
  const problems = [...early, ...late.filter(({ at }) => !known.has(JSON.stringify(at)))]
  const secrets = secretsIn(parsed.tree, (path) => isFigure(parsed.tree, path, options.engines ?? catalog))
  if (problems.length > 0 || parsed.config === null) return refuse(problems, secrets, file, options)
  return { profile: frozenProfile(parsed.config, parsed.tree, secrets, file, options), problems: [] }
}

function checkTogether(parsed: ParsedProfile, options: LoadOptions): Problem[] {
  return crossCheck({
    parts: parsed.parts,
    tree: parsed.tree,
    shipped: Object.keys(options.engines ?? catalog),
    fileExists: (name, path) => existsSync(resolve(folderOf(parsed.tree, path, options.cwd), name)),
  })
}

/** The folder to which a file name at a path is relative: that of the profile which holds it, or the working directory for `--set`. */
export function folderOf(tree: Located, path: Path, cwd: string): string {
  const at = placeOf(tree, path)
  return at.kind === 'file' ? dirname(at.file) : cwd
}

function frozenProfile(
  config: ProfileConfig,
  tree: Located,
  secrets: readonly string[],
  file: string,
  options: LoadOptions,
): Profile {
  const input = plain(tree)
  return deepFreeze({
    config,
    input: isRecord(input) ? input : {},
    tree,
    secrets,
    file,
    shownFile: shownFile(file, options.cwd),
    baseFolder: folderOf(tree, ['load', 'source', 'file'], options.cwd),
  })
}

function refuse(
  problems: readonly Problem[],
  secrets: readonly string[],
  file: string,
  options: LoadOptions,
): Examined {
  const ordered = inFileOrder(problems, file)
  const message = maskSecrets(listProblems(ordered, options.cwd), secrets)
  return { profile: null, problems: ordered, message, secrets }
}

/** The problems, a line each, and how many there are. */
export function countedProblems(lines: readonly string[]): string {
  const count = lines.length === 1 ? '1 problem' : `${lines.length} problems`
  return [...lines, `${count}. Nothing was started.`].join('\n')
}

/** One line a problem, `profile FILE:LINE:COL  what; remedy`, and the count. */
function listProblems(problems: readonly Problem[], cwd: string): string {
  const places = problems.map(({ at }) => `profile ${placeText(at, cwd)}`)
  const width = Math.max(0, ...places.map((place) => place.length))
  const lines = problems.map(({ text }, index) => `${(places[index] ?? '').padEnd(width)}  ${text}`)
  return countedProblems(lines)
}

export function placeText(at: Place, cwd: string): string {
  return at.kind === 'file' ? `${shownFile(at.file, cwd)}:${at.line}:${at.column}` : `--set ${at.text}`
}

/** The profile itself first, then what it extends, then the command line; a problem that was found twice stands once. */
function inFileOrder(problems: readonly Problem[], file: string): Problem[] {
  const files = [file, ...problems.flatMap(({ at }) => (at.kind === 'file' ? [at.file] : []))]
  const rank = (at: Place): number => (at.kind === 'file' ? files.indexOf(at.file) : files.length)
  const seen = new Set<string>()
  return problems
    .filter(({ at, text }) => {
      const key = JSON.stringify([at, text])
      return !seen.has(key) && seen.add(key)
    })
    .sort((a, b) => {
      const byFile = rank(a.at) - rank(b.at)
      if (byFile !== 0 || a.at.kind !== 'file' || b.at.kind !== 'file') return byFile
      return a.at.line - b.at.line || a.at.column - b.at.column
    })
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null

function deepFreeze<Value>(value: Value): Value {
  if (typeof value !== 'object' || value === null || Object.isFrozen(value)) return value
  for (const inner of Object.values(value)) deepFreeze(inner)
  return Object.freeze(value)
}
