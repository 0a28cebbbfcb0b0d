import { NautilusError } from '../core/errors.js'
import { isErrno } from './process-table.js'

/** An error of the file system as a failure that a user can mend; every other error as it is. */
export function asDiskFailure(error: unknown, what: string): unknown {
  if (!(error instanceof Error) || error instanceof NautilusError) return error
  if (isDiskFull(error)) {
    return new NautilusError('DISK_FULL', `${what}: ${error.message}`, { cause: error })
  }
  const codes = ['EACCES', 'EPERM', 'EROFS', 'ENOTDIR', 'EEXIST', 'EMFILE']
  if (!codes.some((code) => isErrno(error, code))) return error
  return new NautilusError('USAGE', `${what}: ${error.message}`, {
    hint: 'Start nautilus in a folder in which it may write.',
    cause: error,
  })
}

export const isDiskFull = (error: unknown): boolean => isErrno(error, 'ENOSPC') || isErrno(error, 'EDQUOT')
