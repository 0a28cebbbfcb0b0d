import type { Located, Problem } from '../located.js'
import type { Parts } from '../parse.js'

export type RuleContext = {
  readonly parts: Parts
  /** As written: for the places of problems. */
  readonly tree: Located
  /** Names of the engines that ship with nautilus. */
  readonly shipped: readonly string[]
  /** Whether a file exists that the profile names at this path; relative ones are sought beside the file that names them. */
  readonly fileExists: (file: string, path: readonly string[]) => boolean
}

/** One thing that the sections of a profile must agree on. Runs on the parts that parsed; what is missing is passed over. */
export type Rule = (context: RuleContext) => readonly Problem[]
