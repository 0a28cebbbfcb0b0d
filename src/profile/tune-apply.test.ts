import { expect, test } from 'vitest'
import { appliedText } from './tune-apply.js'

const text = `# my desk
version: 1
name:   desk   # a name
engines:
    shop: { command: [node, shop.mjs, '4'], env: { POOL: '8' } }  # the shop

    order-gateway:
        settings:
            batch:
                window: 10ms # waits
`
const window = 'engines.order-gateway.settings.batch.window'

test('values that stand there are replaced, and every other character stays', () => {
  const set = ['engines.shop.env.POOL="16"', `${window}=2.35ms`, 'engines.shop.command[2]="2"']
  const expected = text.replace("'8'", '"16"').replace('10ms', '2.35ms').replace("'4'", '"2"')
  expect(appliedText(text, set)).toBe(expected)
})

test('a value that does not stand there yet is added, with comments and order kept', () => {
  expect(appliedText(text, ['engines.order-gateway.settings.batch.ordersMax=20', `${window}=2ms`])).toBe(`# my desk
version: 1
name: desk # a name
engines:
  shop: { command: [ node, shop.mjs, '4' ], env: { POOL: '8' } } # the shop

  order-gateway:
    settings:
      batch:
        window: 2ms # waits
        ordersMax: 20
`)
})

test('an argument of a command that stands in another file is not applied', () => {
  expect(appliedText('version: 1\nextends: base.yaml\n', ['engines.shop.command[2]="2"'])).toBeNull()
})
