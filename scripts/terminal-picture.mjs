// Turns what a real command printed into an SVG picture: `node scripts/terminal-picture.mjs docs/quickstart.svg nautilus bench ...`.
// The picture in the README is made by this from a real run; nothing in it is typed in.
import { spawn } from 'node:child_process'
import { writeFileSync } from 'node:fs'

const [target, ...shown] = process.argv.slice(2)
if (target === undefined || shown.length === 0) {
  console.error('usage: node scripts/terminal-picture.mjs FILE.svg nautilus ARGUMENTS...')
  process.exit(2)
}

const columns = 80
const introducer = `${String.fromCharCode(27)}[`
const styleCode = new RegExp(`(${introducer.replace('[', '\\[')}[0-9;]*m)`)
const cell = { width: 8.4, height: 18 }
const palette = {
  31: '#ff7b72',
  32: '#7ee787',
  33: '#e3b341',
  34: '#79c0ff',
  35: '#d2a8ff',
  36: '#76e3ea',
  90: '#8b949e',
}

const output = await run(shown)
const lines = [`$ npx ${shown.join(' ')}`, ...output.replace(/\n+$/, '').split('\n')]
writeFileSync(target, svg(lines.map(spans)))
console.log(`${target}: ${lines.length} lines`)

function run([, ...args]) {
  return new Promise((resolve, reject) => {
    const env = { ...process.env, FORCE_COLOR: '1', COLUMNS: String(columns) }
    // Waiting for another measurement changes nothing that is printed here.
    const queued = args[0] === 'bench' ? [...args, '--queue'] : args
    const child = spawn(process.execPath, ['bin/nautilus.js', ...queued], { env, stdio: ['ignore', 'pipe', 'inherit'] })
    let text = ''
    child.stdout.setEncoding('utf8').on('data', (chunk) => {
      text += chunk
    })
    child.on('close', () => resolve(text))
    child.on('error', reject)
  })
}

/** A line with SGR codes as runs of one look. */
function spans(line) {
  const found = []
  let look = { fill: '#e6edf3', bold: false, dim: false }
  for (const part of line.split(styleCode)) {
    if (part.startsWith(introducer)) look = part.slice(2, -1).split(';').reduce(next, look)
    else if (part !== '') found.push({ text: part, ...look })
  }
  return found
}

function next(look, code) {
  if (code === '' || code === '0') return { fill: '#e6edf3', bold: false, dim: false }
  if (code === '1') return { ...look, bold: true }
  if (code === '2') return { ...look, dim: true }
  if (code === '22') return { ...look, bold: false, dim: false }
  if (code === '39') return { ...look, fill: '#e6edf3' }
  return { ...look, fill: palette[code] ?? look.fill }
}

function svg(rows) {
  const width = Math.ceil(columns * cell.width + 32)
  const height = rows.length * cell.height + 32
  const text = rows.map((row, index) => {
    let column = 0
    const parts = row.map((span) => {
      const x = (16 + column * cell.width).toFixed(1)
      column += [...span.text].length
      const weight = span.bold ? ' font-weight="bold"' : ''
      const length = ([...span.text].length * cell.width).toFixed(1)
      const shape = `x="${x}" textLength="${length}" fill="${span.dim ? '#8b949e' : span.fill}"${weight}`
      return `<tspan ${shape}>${escapeXml(span.text)}</tspan>`
    })
    return `<text y="${16 + (index + 0.75) * cell.height}" xml:space="preserve">${parts.join('')}</text>`
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="14">
<rect width="100%" height="100%" rx="8" fill="#0d1117"/>
${text.join('\n')}
</svg>
`
}

function escapeXml(text) {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
