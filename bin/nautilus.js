#!/usr/bin/env node
import { existsSync } from 'node:fs'

const cli = new URL('../dist/cli.js', import.meta.url)
if (existsSync(cli)) await import(cli.href)
else {
  console.error('nautilus: dist/ is missing\nRun `npm run build` in the folder of the package.')
  process.exitCode = 6
}
