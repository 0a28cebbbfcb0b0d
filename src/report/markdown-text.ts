/**
 * Text that Markdown shows as it stands: no markup, no cell border, one line. As entities and not behind backslashes, which
 * would be seen inside of HTML such as a `<summary>`.
 */
export function escaped(text: string): string {
  return text
    .replaceAll(/[\r\n]+/g, ' ')
    .replaceAll(/[|<>*_`\\[\]]/g, (char) => (char === '|' ? '\\|' : `&#${char.charCodeAt(0)};`))
}

/** A table with its figures to the right, by the index of their column. */
export function markdownTable(
  title: readonly string[],
  rows: readonly (readonly string[])[],
  isFigure: (column: number) => boolean = () => false,
): string {
  const line = (cells: readonly string[]) => `| ${cells.map(escaped).join(' | ')} |`
  const rule = title.map((_, column) => (isFigure(column) ? ' ---: ' : ' --- '))
  return [line(title), `|${rule.join('|')}|`, ...rows.map(line)].join('\n')
}
