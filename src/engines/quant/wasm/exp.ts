// exp for arrays: x = k ln 2 + r, e^r = 1 + r + r^2 p(r) with p of degree 9 through Chebyshev's points, off by less than 2e-17, and k
// added to the exponent. Within two units in the last place of `Math.exp` for |x| < 700; beyond, the exponent would run over, and the
// caller keeps away.
//
// V8 builds a vector constant anew at each use, so the constants lie in memory, and each is loaded once for four vectors.

const constants: usize = memory.data<f64>([
  1.4426950408889634, // 1 / ln 2
  6755399441055744.0, // 1.5 * 2^52: added, it leaves the nearest integer in the lowest bits
  0.6931471803691238, // ln 2, its upper bits
  1.9082149292705877e-10, // and the rest
  2.510038549551032e-8,
  2.7620088445409746e-7,
  2.7557268459997064e-6,
  2.4801521295954376e-5,
  0.00019841269863053618,
  0.0013888888917213717,
  0.008333333333330062,
  0.04166666666662413,
  0.16666666666666669,
  0.5000000000000001,
  1.0,
])
/** Of the polynomial, from its highest power down. */
const coefficients = constants + 32
const coefficientsEnd = constants + 112

/** sums += weight (exp(logs) - 1), for `count` logs, a multiple of eight. */
export function addGrowth(logs: usize, sums: usize, count: i32, weight: f64): void {
  const end = logs + (<usize>count << 3)
  for (; logs < end; logs += 64, sums += 64) {
    let a = v128.load(logs)
    let b = v128.load(logs, 16)
    let c = v128.load(logs, 32)
    let d = v128.load(logs, 48)
    let constant = v128.load64_splat(constants)
    let next = v128.load64_splat(constants, 8)
    let ka = f64x2.add(f64x2.mul(a, constant), next)
    let kb = f64x2.add(f64x2.mul(b, constant), next)
    let kc = f64x2.add(f64x2.mul(c, constant), next)
    let kd = f64x2.add(f64x2.mul(d, constant), next)
    // What is left after k ln 2; the product with the upper bits is exact.
    let pa = f64x2.sub(ka, next)
    let pb = f64x2.sub(kb, next)
    let pc = f64x2.sub(kc, next)
    let pd = f64x2.sub(kd, next)
    constant = v128.load64_splat(constants, 16)
    next = v128.load64_splat(constants, 24)
    a = f64x2.sub(f64x2.sub(a, f64x2.mul(pa, constant)), f64x2.mul(pa, next))
    b = f64x2.sub(f64x2.sub(b, f64x2.mul(pb, constant)), f64x2.mul(pb, next))
    c = f64x2.sub(f64x2.sub(c, f64x2.mul(pc, constant)), f64x2.mul(pc, next))
    d = f64x2.sub(f64x2.sub(d, f64x2.mul(pd, constant)), f64x2.mul(pd, next))
    pa = v128.load64_splat(coefficients)
    pb = pa
    pc = pa
    pd = pa
    for (let from = coefficients + 8; from < coefficientsEnd; from += 8) {
      constant = v128.load64_splat(from)
      pa = f64x2.add(f64x2.mul(pa, a), constant)
      pb = f64x2.add(f64x2.mul(pb, b), constant)
      pc = f64x2.add(f64x2.mul(pc, c), constant)
      pd = f64x2.add(f64x2.mul(pd, d), constant)
    }
    constant = v128.load64_splat(constants, 112)
    pa = f64x2.add(f64x2.add(f64x2.mul(f64x2.mul(a, a), pa), a), constant)
    pb = f64x2.add(f64x2.add(f64x2.mul(f64x2.mul(b, b), pb), b), constant)
    pc = f64x2.add(f64x2.add(f64x2.mul(f64x2.mul(c, c), pc), c), constant)
    pd = f64x2.add(f64x2.add(f64x2.mul(f64x2.mul(d, d), pd), d), constant)
    pa = f64x2.sub(i64x2.add(pa, i64x2.shl(ka, 52)), constant)
    pb = f64x2.sub(i64x2.add(pb, i64x2.shl(kb, 52)), constant)
    pc = f64x2.sub(i64x2.add(pc, i64x2.shl(kc, 52)), constant)
    pd = f64x2.sub(i64x2.add(pd, i64x2.shl(kd, 52)), constant)
    next = f64x2.splat(weight)
    v128.store(sums, f64x2.add(v128.load(sums), f64x2.mul(next, pa)))
    v128.store(sums, f64x2.add(v128.load(sums, 16), f64x2.mul(next, pb)), 16)
    v128.store(sums, f64x2.add(v128.load(sums, 32), f64x2.mul(next, pc)), 32)
    v128.store(sums, f64x2.add(v128.load(sums, 48), f64x2.mul(next, pd)), 48)
  }
}
