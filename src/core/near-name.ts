/** The candidate that was probably meant, or null where none is near enough to be worth a guess. */
export function nearName(name: string, candidates: Iterable<string>): string | null {
  const distanceMax = Math.max(1, Math.floor(name.length / 3))
  let best: string | null = null
  let bestDistance = distanceMax + 1
  for (const candidate of candidates) {
    const distance = editDistance(name.toLowerCase(), candidate.toLowerCase())
    if (distance < bestDistance) {
      best = candidate
      bestDistance = distance
    }
  }
  return best
}

/** `did you mean "X"?`, or what there is to choose from where nothing is near. */
export function nearNameHint(name: string, candidates: Iterable<string>): string {
  const names = [...candidates]
  const near = nearName(name, names)
  if (near !== null) return `did you mean "${near}"?`
  if (names.length === 0) return 'there is none'
  const shown = names.slice(0, 12).join(', ')
  return names.length > 12 ? `known: ${shown} and ${names.length - 12} more` : `known: ${shown}`
}

/** Insertions, deletions, substitutions and swaps of neighbours (optimal string alignment). */
function editDistance(from: string, to: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let row = 1; row <= from.length; row += 1) {
    const current = [row]
    for (let column = 1; column <= to.length; column += 1) {
      const same = from[row - 1] === to[column - 1]
      let distance = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (same ? 0 : 1),
      )
      const swapped = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]
      if (swapped) distance = Math.min(distance, (beforeLast[column - 2] ?? 0) + 1)
      current.push(distance)
    }
    beforeLast = last
    last = current
  }
  return last[to.length] ?? 0
}
