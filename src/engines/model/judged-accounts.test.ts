import { expect, test } from 'vitest'
import { JudgedAccounts } from './judged-accounts.js'
import { houseAccount } from './messages.js'

test.each([
  { named: [], judged: ['desk', 'fund'] },
  { named: ['fund'], judged: ['fund'] },
  { named: [houseAccount, 'desk'], judged: ['desk', houseAccount] },
])('of the settings $named', ({ named, judged }) => {
  const accounts = new JudgedAccounts(named)
  expect(['desk', 'fund', houseAccount].filter((account) => accounts.has(account))).toEqual(judged)
})
