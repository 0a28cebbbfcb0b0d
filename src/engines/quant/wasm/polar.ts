import { dot, scaleColumn } from './columns'

// The orthogonal polar factor as in `polar.ts` of the parent folder, by one-sided Jacobi rotations.

const epsilon: f64 = 2.220446049250313e-16
const sweepsMax: i32 = 40

/** All are squares of `columns`, column-major, of which the leading `rank` x `rank` block counts. */
export function polarFactor(r: usize, polar: usize, turned: usize, turns: usize, columns: i32, rank: i32): void {
  for (let column = 0; column < rank; column += 1) {
    for (let row = 0; row < rank; row += 1) {
      const place = <usize>(column * columns + row) << 3
      store<f64>(turned + place, row <= column ? load<f64>(r + place) : 0)
      store<f64>(turns + place, row == column ? 1 : 0)
    }
  }
  for (let sweep = 0; sweep < sweepsMax && !sweepOnce(turned, turns, columns, rank); sweep += 1);
  const columnBytes = <usize>columns << 3
  for (let column = 0; column < rank; column += 1) {
    const from = turned + <usize>column * columnBytes
    scaleColumn(from, rank, 1 / Math.sqrt(dot(from, from, rank)))
  }
  for (let column = 0; column < rank; column += 1) {
    for (let row = 0; row < rank; row += 1) {
      let sum: f64 = 0
      for (let index = 0; index < rank; index += 1) {
        const from = <usize>index * columnBytes
        sum += load<f64>(turned + from + (<usize>row << 3)) * load<f64>(turns + from + (<usize>column << 3))
      }
      store<f64>(polar + <usize>column * columnBytes + (<usize>row << 3), sum)
    }
  }
}

/** Rotates each pair of columns once; true when none of them needed it. */
function sweepOnce(turned: usize, turns: usize, columns: i32, rank: i32): bool {
  const columnBytes = <usize>columns << 3
  let settled = true
  for (let left = 0; left < rank - 1; left += 1) {
    for (let right = left + 1; right < rank; right += 1) {
      const from = <usize>left * columnBytes
      const to = <usize>right * columnBytes
      const a = dot(turned + from, turned + from, rank)
      const b = dot(turned + to, turned + to, rank)
      const c = dot(turned + from, turned + to, rank)
      if (Math.abs(c) <= epsilon * Math.sqrt(a * b)) continue
      settled = false
      const cotangent = (b - a) / (2 * c)
      const tangent = (cotangent < 0 ? -1.0 : 1.0) / (Math.abs(cotangent) + Math.sqrt(1 + cotangent * cotangent))
      const cosine = 1 / Math.sqrt(1 + tangent * tangent)
      rotate(turned + from, turned + to, rank, cosine, cosine * tangent)
      rotate(turns + from, turns + to, rank, cosine, cosine * tangent)
    }
  }
  return settled
}

function rotate(left: usize, right: usize, length: i32, cosine: f64, sine: f64): void {
  const end = left + (<usize>length << 3)
  for (; left < end; left += 8, right += 8) {
    const a = load<f64>(left)
    const b = load<f64>(right)
    store<f64>(left, cosine * a - sine * b)
    store<f64>(right, sine * a + cosine * b)
  }
}
