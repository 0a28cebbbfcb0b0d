import { extname } from 'node:path'
import { NautilusError } from '../core/errors.js'
import { type ReportFormat, reportFormats } from './render.js'

/** Formats of which the file names tell. */
const formatOf: Readonly<Record<string, string | undefined>> = {
  '.json': 'json',
  '.md': 'markdown',
  '.html': 'html',
  '.xml': 'junit',
  '.hlog': 'hlog',
  '.hgrm': 'hgrm',
  '.txt': 'terminal',
  '.prom': 'openmetrics',
}

/** The report that each file is to hold, by its extension. */
export function formatsOfFiles(
  files: readonly string[],
): readonly { readonly file: string; readonly format: ReportFormat }[] {
  return files.map((file) => {
    const format = reportFormats.find((name) => name === formatOf[extname(file).toLowerCase()])
    if (format !== undefined) return { file, format }
    const known = Object.entries(formatOf).filter(([, name]) => reportFormats.some((each) => each === name))
    throw new NautilusError('USAGE', `${file} does not tell which report it is to hold`, {
      hint: `Give it one of the extensions ${known.map(([extension]) => extension).join(', ')}.`,
    })
  })
}
