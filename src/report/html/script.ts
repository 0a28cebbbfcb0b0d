// What the page does with scripting on: below each chart that says so a slider moves a cursor over it and reads out the nearest
// row of its table. A slider, since keyboard, touch and screen readers know what it is. It works from the table alone.

export const script = `
for (const figure of document.querySelectorAll('figure[data-read]')) {
  const heads = [...figure.querySelectorAll('thead th')].map((cell) => cell.textContent)
  const rows = [...figure.querySelectorAll('tr[data-at]')]
  if (rows.length < 2) continue
  const at = rows.map((row) => Number(row.dataset.at))
  const box = document.createElement('p')
  box.className = 'read'
  const name = document.createElement('label')
  name.textContent = figure.dataset.read + ' '
  const slider = document.createElement('input')
  slider.type = 'range'
  slider.min = '0'
  slider.max = String(rows.length - 1)
  slider.value = '0'
  const said = document.createElement('output')
  name.append(slider)
  box.append(name, said)
  figure.querySelector('details').before(box)
  const show = () => {
    const index = Number(slider.value)
    const words = [...rows[index].cells].map((cell, column) => heads[column] + ' ' + cell.textContent).join(', ')
    said.textContent = words
    slider.setAttribute('aria-valuetext', words)
    for (const chart of figure.querySelectorAll('svg[data-plot]')) {
      const [left, right] = chart.dataset.plot.split(' ').map(Number)
      const cursor = chart.querySelector('.cursor')
      const x = String(left + at[index] * (right - left))
      cursor.setAttribute('x1', x)
      cursor.setAttribute('x2', x)
      cursor.classList.add('on')
    }
  }
  slider.addEventListener('input', show)
  show()
  for (const chart of figure.querySelectorAll('svg[data-plot]')) {
    chart.addEventListener('pointermove', (event) => {
      const [left, right] = chart.dataset.plot.split(' ').map(Number)
      const box = chart.getBoundingClientRect()
      const x = ((event.clientX - box.left) / box.width) * chart.viewBox.baseVal.width
      const share = (x - left) / (right - left)
      let nearest = 0
      for (let index = 1; index < at.length; index += 1) {
        if (Math.abs(at[index] - share) < Math.abs(at[nearest] - share)) nearest = index
      }
      slider.value = String(nearest)
      show()
    })
  }
}
`
