/** What a name may be that becomes one of files, keys and metrics. */
export const plainName = /^[A-Za-z0-9][A-Za-z0-9._-]*$/

/** `order-gateway` for the first process of an engine, `order-gateway-2` for the second. */
export const instanceName = (engine: string, instance: number): string =>
  instance === 0 ? engine : `${engine}-${instance + 1}`
