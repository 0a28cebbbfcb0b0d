// HTML that cannot be broken out of: whatever is put into an `html` template is escaped, but for what such a template made.

export type Markup = { readonly markup: string }
type Inserted = string | number | null | Markup | readonly Markup[]

export function html(parts: TemplateStringsArray, ...values: readonly Inserted[]): Markup {
  const texts = parts.map((part, index) => part + textOf(values[index] ?? null))
  return { markup: texts.join('') }
}

/** For texts of our own only: the style and the script of the page. */
export const trusted = (markup: string): Markup => ({ markup })

function textOf(value: Inserted): string {
  if (value === null) return ''
  if (typeof value === 'number') return String(value)
  if (typeof value === 'string') return escaped(value)
  return 'markup' in value ? value.markup : value.map(textOf).join('')
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}

/** Control characters, and marks that turn the direction of the text around them, have no place in a report. */
const unwanted = /(?![\n\t])\p{Cc}|[\u202a-\u202e\u2066-\u2069]/gu

const escaped = (text: string): string =>
  text.replaceAll(unwanted, '').replaceAll(/[&<>"']/g, (char) => entities[char] ?? '')
