// What tests ask of a page, as expressions that run in it: the types of a browser would be those of the whole program.

/** Every text that is shown, with the contrast (WCAG 2.2) to what is painted behind it. */
export const contrasts = `(() => {
  const parts = (color) => (color.match(/[\\d.]+/g) ?? []).map(Number)
  const luminance = (color) => {
    const [red, green, blue] = parts(color).map((value) => {
      const share = value / 255
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4
    })
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
  }
  const behind = (element) => {
    if (element === null) return 'rgb(255, 255, 255)'
    const color = getComputedStyle(element).backgroundColor
    return parts(color)[3] === 0 ? behind(element.parentElement) : color
  }
  return [...document.querySelectorAll('body *')].flatMap((element) => {
    const own = [...element.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE)
    const text = own.map((node) => node.textContent.trim()).join('')
    if (text === '' || !element.checkVisibility() || ['SCRIPT', 'title', 'desc'].includes(element.tagName)) return []
    const { color, fill } = getComputedStyle(element)
    const both = [element instanceof SVGElement ? fill : color, behind(element)].map(luminance)
    return [{ text, contrast: (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05) }]
  })
})()`

export const openAll = `for (const details of document.querySelectorAll('details')) details.open = true`

export const headingLevels = `[...document.querySelectorAll('h1, h2, h3, h4, h5, h6')].map(({ tagName }) => Number(tagName[1]))`

/** Heights in pixels of the texts of charts that are shown. */
export const chartTextHeights = `[...document.querySelectorAll('svg[role=img] text')]
  .filter((text) => text.checkVisibility())
  .map((text) => text.getBoundingClientRect().height)`

/** Numbers what can be used in the order of the page, and returns how much that is. */
export const numberUsable = `(() => {
  const all = [...document.querySelectorAll('a[href], summary, input, [tabindex="0"]')]
  const shown = all.filter((element) => element.checkVisibility())
  for (const [index, element] of shown.entries()) element.dataset.order = index
  return shown.length
})()`

export const focused = `({
  order: document.activeElement.dataset.order,
  outlined: getComputedStyle(document.activeElement).outlineStyle !== 'none',
})`

/** Names and descriptions of all charts, and ids that stand twice. */
export const chartNames = `({
  charts: [...document.querySelectorAll('svg[role=img]')].map((chart) => ({
    name: document.getElementById(chart.getAttribute('aria-labelledby'))?.textContent ?? '',
    description: document.getElementById(chart.getAttribute('aria-describedby'))?.textContent ?? '',
  })),
  twice: [...document.querySelectorAll('[id]')].map(({ id }) => id).filter((id, index, all) => all.indexOf(id) !== index),
})`

/** What an attack would leave in a page. */
export const traces = `({
  hit: 'hit' in window,
  images: document.images.length,
  scripts: document.scripts.length,
  handlers: [...document.querySelectorAll('*')].filter((element) =>
    element.getAttributeNames().some((name) => name.startsWith('on'))).length,
  links: [...document.querySelectorAll('a')].filter((link) => link.protocol !== 'file:' || link.host !== '').length,
})`

export const injectScript = `(() => {
  const script = document.createElement('script')
  script.textContent = 'window.hit = 1'
  document.body.append(script)
})()`
