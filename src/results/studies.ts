import { existsSync, readdirSync } from 'node:fs'
import { mkdir, open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { messageOf, NautilusError } from '../core/errors.js'
import { type Bounds, isOutOfSpace, newRunId, type Pruned, pruneOldest } from './store.js'
import { type Study, type StudyComparison, type StudyHeader, type StudyRun, studyLine, studyOf } from './study.js'

// The kept studies of a folder: `<cwd>/.nautilus/studies/<id>/` with study.jsonl, the results of all runs in runs/, and
// best.patch.yaml. Their ids begin with `t-`, so that none can be taken for a run.

const idPrefix = 't-'
const studyFileName = 'study.jsonl'

export const studyFileOf = (folder: string): string => join(folder, studyFileName)

const studiesFolder = (cwd: string): string => join(cwd, '.nautilus', 'studies')

export const studyFolder = (cwd: string, id: string): string => join(studiesFolder(cwd), id)

export const newStudyId = (cwd: string): string => newRunId(studiesFolder(cwd), idPrefix)

export const pruneStudies = (cwd: string, bounds: Bounds): Promise<Pruned> => pruneOldest(studiesFolder(cwd), bounds)

/** Adds a line, which is on the disk when this resolves. */
export async function appendToStudy(folder: string, line: StudyHeader | StudyRun | StudyComparison): Promise<void> {
  const file = join(folder, studyFileName)
  try {
    await mkdir(folder, { recursive: true })
    const handle = await open(file, 'a')
    try {
      await handle.appendFile(`${JSON.stringify(line)}\n`)
      await handle.sync()
    } finally {
      await handle.close()
    }
  } catch (cause) {
    if (!isOutOfSpace(cause))
      throw new NautilusError('WRITE_FAILED', `${file} was not written: ${messageOf(cause)}`, { cause })
    throw new NautilusError('DISK_FULL', `no space to write ${file}; all lines before are kept`, { cause })
  }
}

/** The study that an id or its beginning names, ready to be gone on with. */
export async function openStudy(cwd: string, reference: string): Promise<Study> {
  const folder = studiesFolder(cwd)
  const ids = (existsSync(folder) ? readdirSync(folder) : []).filter((id) => id.startsWith(reference)).toSorted()
  const id = ids.find((each) => each === reference) ?? (ids.length === 1 ? ids[0] : undefined)
  if (id === undefined || !reference.startsWith(idPrefix)) {
    const found = ids.length > 1 ? `is the beginning of ${ids.join(', ')}` : 'names no study'
    throw new NautilusError('RUN_NOT_FOUND', `"${reference}" ${found} in ${folder}`, {
      hint: ids.length > 1 ? 'Add a digit, so that one remains.' : 'Studies are made by `nautilus tune`.',
    })
  }
  return readStudy(join(studyFolder(cwd, id), studyFileName))
}

/** Reads a study. A last line without an end was cut off while it was written: it is dropped, from the file too. */
export async function readStudy(file: string): Promise<Study> {
  const bytes = await readFile(file).catch((cause: unknown) => {
    throw new NautilusError('RUN_NOT_FOUND', `${file} cannot be read: ${messageOf(cause)}`, { cause })
  })
  const whole = bytes.subarray(0, bytes.lastIndexOf(10) + 1)
  const lines = whole.toString('utf8').split('\n').slice(0, -1)
  const parsed = lines.map((text, index) => parseLine(text, `${file}:${index + 1}`))
  const study = studyOf(parsed)
  if ('problem' in study) throw unreadable(`${file}:${study.index + 1}`, study.problem)
  if (whole.length < bytes.length) await truncateTo(file, whole.length)
  return study
}

function parseLine(text: string, place: string) {
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (cause) {
    throw unreadable(place, `not JSON: ${messageOf(cause)}`)
  }
  const parsed = studyLine.safeParse(json)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]
  throw unreadable(place, `at ${issue?.path.join('.') || 'the top'}: ${issue?.message ?? 'not readable'}`)
}

const unreadable = (place: string, problem: string): NautilusError =>
  new NautilusError('RESULT_INVALID', `${place} ${problem}`, {
    hint: 'Mend the line, or remove it and all after it: the study goes on from what stands before.',
  })

async function truncateTo(file: string, bytes: number): Promise<void> {
  const handle = await open(file, 'r+')
  try {
    await handle.truncate(bytes)
  } finally {
    await handle.close()
  }
}
