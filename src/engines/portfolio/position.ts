// One position by the average-cost method: what is closed is closed at the average price of what was open, which the close
// leaves as it is. A fill beyond zero closes all and opens the rest at its own price.
//
//   cost        average price x qty, below zero when short
//   realised    cost - (bought - sold notional)
//   unrealised  qty x mark - cost
//
// So realised + unrealised is always qty x mark less the net notional, the cash that the position has taken: no profit is
// summed up fill by fill, and none can drift. Net notional is exact, a bigint because a long run leaves 2^53. Cost is an
// exact integer while a position only grows, and zero when it is flat; a partial close rounds it once.

export type Position = {
  /** Lots bought less lots sold. */
  qty: number
  /** Average price times quantity, in ticks x lots, with the sign of the quantity. */
  cost: number
  /** Notional bought less notional sold: the cash that went in. */
  netNotional: bigint
}

export const newPosition = (): Position => ({ qty: 0, cost: 0, netNotional: 0n })

/** Takes in one fill; `lots` below zero are sold. */
export function fill(position: Position, lots: number, price: number): void {
  const held = position.qty
  const after = held + lots
  if (held === 0 || held > 0 === lots > 0) position.cost += price * lots
  else if (after === 0) position.cost = 0
  else if (after > 0 === held > 0) position.cost = (position.cost * after) / held
  else position.cost = price * after
  position.qty = after
  position.netNotional += BigInt(price) * BigInt(lots)
}

export function profitOf(
  { qty, cost, netNotional }: Position,
  mark: number,
): { readonly realised: number; readonly unrealised: number } {
  return { realised: cost - Number(netNotional), unrealised: qty * mark - cost }
}
