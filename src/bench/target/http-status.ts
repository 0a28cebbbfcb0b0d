/** Null for a status that counts as completed, else why it has failed. Hot path: once a response. */
export type Judge = (status: number) => string | null

/** No statuses mean those from 200 to 399. */
export function judgeOf(expectStatus: readonly number[]): Judge {
  const expected = new Uint8Array(1000)
  if (expectStatus.length === 0) expected.fill(1, 200, 400)
  for (const status of expectStatus) expected[status] = 1
  const reasons = Array.from(expected, (_, status) => `status ${status}`)
  return (status) => (expected[status] === 1 ? null : (reasons[status] ?? 'status beyond 999'))
}
