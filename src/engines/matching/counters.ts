/** `restingOrders` is how many rest now; the others only grow. */
export const venueCounters = [
  'orders',
  'cancels',
  'replaces',
  'trades',
  'rejected',
  'repeated',
  'restingEvicted',
  'restingOrders',
] as const
type VenueCounters = Record<(typeof venueCounters)[number], number>

export const emptyCounters = (): VenueCounters => ({
  orders: 0,
  cancels: 0,
  replaces: 0,
  trades: 0,
  rejected: 0,
  repeated: 0,
  restingEvicted: 0,
  restingOrders: 0,
})
