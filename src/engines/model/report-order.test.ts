import { expect, test } from 'vitest'
import { ReportOrder } from './report-order.js'

test('a report counts once, whatever comes between it and its repeat', () => {
  const order = new ReportOrder()
  const advanced = [0, 1, 1, 5, 3, 5, 6].map((execId) => order.advance({ execId }))
  expect(advanced).toEqual([true, true, false, true, false, false, true])
})
