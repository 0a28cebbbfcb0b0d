import { existsSync } from 'node:fs'
import { copyFile, mkdir } from 'node:fs/promises'
import { dirname, isAbsolute, join } from 'node:path'
import { NautilusError } from '../core/errors.js'
import { nearNameHint } from '../core/near-name.js'
import type { Comparison } from '../results/comparison.js'
import type { Environment } from './environment.js'
import { parseInjections } from './faults.js'
import { followedNames, isLoaded } from './followed-names.js'
import { loadProfile, type Profile } from './load.js'

// The two sides of a comparison, from what a person typed to a profile that can be measured with any seed.

/** What a person typed: `compare A B`, or one profile with settings that differ. */
type SidesAsked = {
  readonly names: readonly string[]
  readonly profile: string | null
  /** Of both sides. */
  readonly set: readonly string[]
  readonly setA: readonly string[]
  readonly setB: readonly string[]
  readonly injectB: readonly string[]
  readonly againstItself: boolean
}

type SideAsked = {
  /** Commit-ish whose worktree holds the profile; null for the folder in which nautilus was called. */
  readonly ref: string | null
  readonly profile: string
  readonly set: readonly string[]
  readonly inject: readonly string[]
  readonly label: string
}

const refPrefix = 'git:'

export type ComparedSides = { readonly a: SideAsked; readonly b: SideAsked }

/** Checks the words of the command line against each other. */
export function readSides(asked: SidesAsked): ComparedSides {
  const { names, profile, againstItself } = asked
  const hint =
    'Write `compare A.yaml B.yaml`, `compare git:main git:HEAD --profile P`, or `compare --profile P --b path=value`.'
  const usage = (message: string): NautilusError => new NautilusError('USAGE', message, { hint })
  const [first, second] = names
  if (names.length > 2) throw usage(`two sides are compared, and ${names.length} are named`)
  if (againstItself && (second !== undefined || asked.setB.length > 0 || asked.injectB.length > 0)) {
    throw usage('--aa compares one side with itself, and a second one is named')
  }
  if (!againstItself && first !== undefined && second === undefined) throw usage(`${first} is compared with nothing`)
  if (first === undefined && profile === null) throw usage('nothing is named that could be compared')
  const side = (name: string | undefined, set: readonly string[], inject: readonly string[]): SideAsked => {
    const ref = name?.startsWith(refPrefix) === true ? name.slice(refPrefix.length) : null
    if (ref !== null && profile === null)
      throw usage(`${name} is a commit, and no --profile says what of it is measured`)
    if (ref === null && name !== undefined && profile !== null) {
      throw usage(`--profile ${profile} and the profile ${name} are both named`)
    }
    const words = [name ?? profile ?? '', ...set]
    return {
      ref,
      profile: ref === null ? (words[0] ?? '') : (profile ?? ''),
      set: [...asked.set, ...set],
      inject,
      label: words.join(' '),
    }
  }
  const a = side(first, asked.setA, [])
  return { a, b: againstItself ? a : side(second ?? first, asked.setB, asked.injectB) }
}

/** Where the files of a side lie: the worktree of its commit, or the folder in which nautilus was called. */
type Place = { readonly cwd: string; readonly commit: string | null }

export type Variant = {
  readonly cwd: string
  readonly profile: Profile
  readonly faults: Readonly<Record<string, readonly string[]>>
  readonly shown: Comparison['a']
  /** The same profile with another seed. */
  readonly withSeed: (seed: number) => Profile
}

export function variantOf(
  side: SideAsked,
  { cwd, commit }: Place,
  { env, git }: { readonly env: Environment; readonly git: Comparison['a']['git'] },
): Variant {
  const load = (...more: readonly string[]): Profile =>
    loadProfile(side.profile, { cwd, env, set: [...side.set, ...more] })
  const profile = load()
  const faults = parseInjections(side.inject, profile.config)
  const shown = {
    label: side.label,
    profileName: profile.config.name,
    git: commit === null ? git : { commit, dirty: false },
    faults,
  }
  // What sends nothing has no seed.
  const withSeed = (seed: number): Profile => (isLoaded(profile) ? load(`load.seed=${seed}`) : profile)
  return { cwd, profile, faults, shown, withSeed }
}

/** Refuses a metric that no run of the profiles can have, before one of them is measured. */
export function refuseUnknownNames(names: readonly string[], profiles: readonly Profile[]): void {
  const [first = [], ...others] = profiles.map(followedNames)
  const known = first.filter((name) => others.every((other) => other.includes(name)))
  // Further processes of an engine are numbered.
  const unknown = names.find((name) => !known.includes(name) && !known.includes(name.replace(/^(cpu\..+)-\d+$/, '$1')))
  if (unknown !== undefined) throw unknownMetric(unknown, known)
}

export const unknownMetric = (name: string, known: readonly string[]): NautilusError =>
  new NautilusError('USAGE', `A and B have no metric "${name}" in common; ${nearNameHint(name, known)}`, {
    hint: `They have ${known.join(', ')}.`,
  })

/**
 * A commit from before the profile was written is measured with the profile of the calling folder: the first pull request that
 * brings one can be compared with its base. Returns whether that was needed.
 */
export async function lendProfile(profile: string, from: string, to: string): Promise<boolean> {
  if (isAbsolute(profile) || profile.startsWith('..')) return false
  const file = /\.ya?ml$/.test(profile) ? profile : join('profiles', `${profile}.yaml`)
  if (existsSync(join(to, file)) || !existsSync(join(from, file))) return false
  await mkdir(dirname(join(to, file)), { recursive: true })
  await copyFile(join(from, file), join(to, file))
  return true
}

/** What the sides differ in: nothing at all, the load among others, or something else. */
export function differenceOf(a: Variant, b: Variant): 'none' | 'load' | 'other' {
  const text = (value: unknown): string => JSON.stringify(value)
  const loads = [a, b].map(({ profile }) => text(profile.input['load']))
  if (loads[0] !== loads[1]) return 'load'
  const same =
    text(a.profile.input) === text(b.profile.input) &&
    text(a.shown.git?.commit) === text(b.shown.git?.commit) &&
    text(a.faults) === text(b.faults)
  return same ? 'none' : 'other'
}
