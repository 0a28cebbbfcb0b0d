// Correlations as in `correlation.ts` of the parent folder, with panels of four interleaved series: one address with fixed offsets
// serves all that a product of two panels reads, and its sixteen sums stay in registers.

const panelSeries: i32 = 4
const epsilon: f64 = 2.220446049250313e-16

/** What `correlate` answers for a series it refuses: its number times two, and one where the series is constant. */
const allTaken: i32 = -1

/**
 * Writes the correlation matrix, `series` x `series`, to `out`. `panels` has room for the values of `series` rounded up to a multiple of
 * four. Returns -1, or which series was refused: twice its number where it is not finite, and one more where it is constant.
 */
export function correlate(values: usize, series: i32, observations: i32, panels: usize, out: usize): i32 {
  const panelCount = (series + panelSeries - 1) / panelSeries
  const panelBytes = <usize>(panelSeries * observations) << 3
  memory.fill(panels + <usize>(panelCount - 1) * panelBytes, 0, panelBytes)
  for (let index = 0; index < series; index += 1) {
    const panel = panels + <usize>(index / panelSeries) * panelBytes + (<usize>(index % panelSeries) << 3)
    const problem = standardise(values + (<usize>(index * observations) << 3), observations, panel)
    if (problem != 0) return 2 * index + problem - 1
  }
  for (let row = 0; row < panelCount; row += 1) {
    for (let column = row; column < panelCount; column += 1) {
      multiply(
        panels + <usize>row * panelBytes,
        panels + <usize>column * panelBytes,
        panelBytes,
        series,
        row * panelSeries,
        column * panelSeries,
        out,
      )
    }
  }
  for (let index = 0; index < series; index += 1) store<f64>(out + (<usize>(index * (series + 1)) << 3), 1)
  return allTaken
}

/** Centres a series, scales it to length one and puts it in its place of its panel. Returns 1 where it is not finite, 2 where constant. */
function standardise(values: usize, observations: i32, place: usize): i32 {
  const end = values + (<usize>observations << 3)
  const pairsEnd = values + (<usize>(observations & ~3) << 3)
  const mean = sumOf(values, pairsEnd, end) / <f64>observations
  const means = f64x2.splat(mean)
  let squares = f64x2.splat(0)
  let otherSquares = squares
  let largest = squares
  let at = values
  for (; at < pairsEnd; at += 32) {
    const a = f64x2.sub(v128.load(at), means)
    const b = f64x2.sub(v128.load(at, 16), means)
    squares = f64x2.add(squares, f64x2.mul(a, a))
    otherSquares = f64x2.add(otherSquares, f64x2.mul(b, b))
    largest = f64x2.pmax(largest, f64x2.pmax(f64x2.abs(a), f64x2.abs(b)))
  }
  squares = f64x2.add(squares, otherSquares)
  let square = f64x2.extract_lane(squares, 0) + f64x2.extract_lane(squares, 1)
  let most = max(f64x2.extract_lane(largest, 0), f64x2.extract_lane(largest, 1))
  for (; at < end; at += 8) {
    const centred = load<f64>(at) - mean
    square += centred * centred
    most = max(most, Math.abs(centred))
  }
  if (!isFinite(square)) return 1
  if (square == 0 || most <= <f64>observations * epsilon * Math.abs(mean)) return 2
  const scale = 1 / Math.sqrt(square)
  const scales = f64x2.splat(scale)
  for (at = values; at < pairsEnd; at += 32, place += 128) {
    const a = f64x2.mul(f64x2.sub(v128.load(at), means), scales)
    const b = f64x2.mul(f64x2.sub(v128.load(at, 16), means), scales)
    v128.store64_lane(place, a, 0)
    v128.store64_lane(place, a, 1, 32)
    v128.store64_lane(place, b, 0, 64)
    v128.store64_lane(place, b, 1, 96)
  }
  for (; at < end; at += 8, place += 32) store<f64>(place, (load<f64>(at) - mean) * scale)
  return 0
}

function sumOf(values: usize, pairsEnd: usize, end: usize): f64 {
  let a = f64x2.splat(0)
  let b = a
  for (; values < pairsEnd; values += 32) {
    a = f64x2.add(a, v128.load(values))
    b = f64x2.add(b, v128.load(values, 16))
  }
  a = f64x2.add(a, b)
  let sum = f64x2.extract_lane(a, 0) + f64x2.extract_lane(a, 1)
  for (; values < end; values += 8) sum += load<f64>(values)
  return sum
}

/** The products of the four series of a panel with the four of another, put in both halves of the matrix. */
function multiply(
  left: usize,
  right: usize,
  panelBytes: usize,
  series: i32,
  rowFrom: i32,
  columnFrom: i32,
  out: usize,
): void {
  let a = f64x2.splat(0)
  let b = a
  let c = a
  let d = a
  let e = a
  let f = a
  let g = a
  let h = a
  const end = left + panelBytes
  for (; left < end; left += 32, right += 32) {
    const upper = v128.load(left)
    const lower = v128.load(left, 16)
    let value = v128.load64_splat(right)
    a = f64x2.add(a, f64x2.mul(upper, value))
    b = f64x2.add(b, f64x2.mul(lower, value))
    value = v128.load64_splat(right, 8)
    c = f64x2.add(c, f64x2.mul(upper, value))
    d = f64x2.add(d, f64x2.mul(lower, value))
    value = v128.load64_splat(right, 16)
    e = f64x2.add(e, f64x2.mul(upper, value))
    f = f64x2.add(f, f64x2.mul(lower, value))
    value = v128.load64_splat(right, 24)
    g = f64x2.add(g, f64x2.mul(upper, value))
    h = f64x2.add(h, f64x2.mul(lower, value))
  }
  const rows = min(panelSeries, series - rowFrom)
  const columns = min(panelSeries, series - columnFrom)
  storeColumn(a, b, rows, series, rowFrom, columnFrom, out)
  if (columns > 1) storeColumn(c, d, rows, series, rowFrom, columnFrom + 1, out)
  if (columns > 2) storeColumn(e, f, rows, series, rowFrom, columnFrom + 2, out)
  if (columns > 3) storeColumn(g, h, rows, series, rowFrom, columnFrom + 3, out)
}

/** Rounding may carry a series that copies another past one. */
function storeColumn(upper: v128, lower: v128, rows: i32, series: i32, row: i32, column: i32, out: usize): void {
  const one = f64x2.splat(1)
  const minusOne = f64x2.splat(-1)
  upper = f64x2.pmax(f64x2.pmin(upper, one), minusOne)
  lower = f64x2.pmax(f64x2.pmin(lower, one), minusOne)
  const stride = <usize>series << 3
  const mirrored = out + (<usize>(column * series + row) << 3)
  const place = out + (<usize>(row * series + column) << 3)
  v128.store64_lane(mirrored, upper, 0)
  v128.store64_lane(place, upper, 0)
  if (rows > 1) {
    v128.store64_lane(mirrored, upper, 1, 8)
    v128.store64_lane(place + stride, upper, 1)
  }
  if (rows > 2) {
    v128.store64_lane(mirrored, lower, 0, 16)
    v128.store64_lane(place + 2 * stride, lower, 0)
  }
  if (rows > 3) {
    v128.store64_lane(mirrored, lower, 1, 24)
    v128.store64_lane(place + 3 * stride, lower, 1)
  }
}
