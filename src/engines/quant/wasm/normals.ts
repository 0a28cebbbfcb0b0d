// The draws of `normal-streams.ts`, to the last bit; what falls outside of its rectangle is settled there.

/**
 * One draw for each of `count` places of `out`. `table` holds for each of 256 layers the integer from which on its draws are not
 * certainly inside, and the scale of its draws. Returns how many draws are left as drawn: their places, counted from `first`, and
 * layers are listed in `unsettled` and `unsettledLayers`.
 */
export function drawNormals(
  out: usize,
  first: i32,
  count: i32,
  state: usize,
  table: usize,
  unsettled: usize,
  unsettledLayers: usize,
): i32 {
  let s0 = load<u32>(state)
  let s1 = load<u32>(state, 4)
  let s2 = load<u32>(state, 8)
  let s3 = load<u32>(state, 12)
  let left: u32 = 0
  for (let index = 0; index < count; index += 1) {
    const high = rotl<u32>(s1 * 5, 7) * 9
    let shifted = s1 << 9
    s2 ^= s0
    s3 ^= s1
    s1 ^= s2
    s0 ^= s3
    s2 ^= shifted
    s3 = rotl<u32>(s3, 11)

    const low = rotl<u32>(s1 * 5, 7) * 9
    shifted = s1 << 9
    s2 ^= s0
    s3 ^= s1
    s1 ^= s2
    s0 ^= s3
    s2 ^= shifted
    s3 = rotl<u32>(s3, 11)

    const layer = low & 255
    const integer = (<i64>(<i32>high) << 21) | <i64>(low >>> 11)
    const draw = <f64>integer + 0.5
    const entry = table + (<usize>layer << 4)
    // The distance of the draw from zero, less a half: comparing integers is faster here.
    if ((integer ^ (integer >> 63)) < load<i64>(entry)) {
      store<f64>(out, draw * load<f64>(entry, 8))
    } else {
      store<f64>(out, draw)
      store<i32>(unsettled + (<usize>left << 2), first + index)
      store<u8>(unsettledLayers + left, layer)
      left += 1
    }
    out += 8
  }
  store<u32>(state, s0)
  store<u32>(state, s1, 4)
  store<u32>(state, s2, 8)
  store<u32>(state, s3, 12)
  return left
}
