import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The installed package: the folder of nautilus's own package.json, from src/ as from dist/. */
export const packageRoot = (): string => {
  let folder = dirname(fileURLToPath(import.meta.url))
  while (!existsSync(join(folder, 'package.json'))) folder = dirname(folder)
  return folder
}

/** A compiled file, for child processes and workers: they run from dist/ also where the caller runs from src/ under vitest. */
export const distFile = (path: string): string => join(packageRoot(), 'dist', path)

export const packageVersion = (): string => {
  const { version } = JSON.parse(readFileSync(join(packageRoot(), 'package.json'), 'utf8'))
  return String(version)
}
