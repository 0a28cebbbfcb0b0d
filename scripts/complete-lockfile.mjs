// Adds to package-lock.json the optional packages of other platforms that `npm install` dropped because the registry in use
// does not serve them; without these entries `npm ci` of npm 11 says "Missing: ... from lock file". Run it after each install.
import { readFileSync, writeFileSync } from 'node:fs'

const lock = JSON.parse(readFileSync('package-lock.json', 'utf8'))
const systems = [
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'aix',
  'win32',
  'wasm32',
]
const processors = ['arm64', 'arm', 'ia32', 'loong64', 'mips64el', 'ppc64', 'riscv64', 's390x', 'x64', 'wasm32']

let added = 0
for (const [parentPath, parent] of Object.entries(lock.packages)) {
  if (parentPath === '') continue
  for (const [name, version] of Object.entries(parent.optionalDependencies ?? {})) {
    const path = `node_modules/${name}`
    if (path in lock.packages || `${parentPath}/${path}` in lock.packages) continue
    const words = name.split(/[-/@]/)
    const os = systems.filter((system) => words.includes(system))
    const cpu = processors.filter((processor) => words.includes(processor))
    lock.packages[path] = {
      version: version.replace(/^[^0-9]*/, ''),
      ...(cpu.length > 0 && { cpu: cpu.slice(0, 1) }),
      ...(parent.dev === true && { dev: true }),
      optional: true,
      ...(os.length > 0 && { os: os.slice(0, 1) }),
    }
    added += 1
  }
}
lock.packages = Object.fromEntries(Object.entries(lock.packages).sort(([a], [b]) => (a < b ? -1 : 1)))
writeFileSync('package-lock.json', `${JSON.stringify(lock, null, 2)}\n`)
console.log(`package-lock.json: ${added} entries added`)
