/** The same plain data with `change` applied to every text in it; keys stay unless `changeKey` says otherwise. */
export function mapTexts(
  value: unknown,
  change: (text: string) => string,
  changeKey: (key: string) => string = (key) => key,
): unknown {
  if (typeof value === 'string') return change(value)
  if (Array.isArray(value)) return value.map((item) => mapTexts(item, change, changeKey))
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).map(([key, entry]) => [changeKey(key), mapTexts(entry, change, changeKey)])
  return Object.fromEntries(entries)
}
