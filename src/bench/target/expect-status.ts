/** `200`, `2xx` as the statuses that they stand for, ascending; or the sentence that says what to write instead. */
export function expectedStatuses(
  written: readonly (string | number)[],
): { readonly statuses: readonly number[] } | { readonly problem: string } {
  const statuses = new Set<number>()
  for (const each of written) {
    const text = String(each)
    if (/^[2-5]xx$/.test(text)) {
      for (let status = Number(text[0]) * 100; status < (Number(text[0]) + 1) * 100; status += 1) statuses.add(status)
    } else if (/^[2-5]\d\d$/.test(text)) {
      statuses.add(Number(text))
    } else {
      return { problem: `"${text}" is not an HTTP status; write one such as 200, or 2xx for all from 200 to 299` }
    }
  }
  return { statuses: [...statuses].sort((a, b) => a - b) }
}
