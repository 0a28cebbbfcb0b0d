import { expect, test } from 'vitest'
import { instantNs, nsPerSec } from '../core/units.js'
import { fileProgress } from './file-progress.js'

const progressAt = (terminal: boolean) => {
  let now = 0
  const said: string[] = []
  const clock = { now: () => instantNs(now * nsPerSec) }
  const progress = fileProgress('reading x', { clock, terminal, err: (text) => said.push(text) })
  return {
    said,
    end: progress.end,
    at: (second: number, share: number) => {
      now = second
      progress.at(share)
    },
  }
}

test('without a terminal a line comes every ten seconds', () => {
  const { at, end, said } = progressAt(false)
  at(1, 0.1)
  at(9.9, 0.2)
  at(10, 0.25)
  at(12, 0.3)
  at(20, 0.999)
  end()
  expect(said).toEqual(['reading x: 25 %\n', 'reading x: 99 %\n'])
})

test('a terminal has one line that is drawn anew each second and taken away', () => {
  const { at, end, said } = progressAt(true)
  at(0.5, 0.1)
  at(1, 0.2)
  at(1.5, 0.3)
  at(2.1, 0.5)
  end()
  expect(said).toEqual(['\rreading x: 20 %', '\rreading x: 50 %', `\r${' '.repeat(16)}\r`])
})

test('what is done within a second says nothing', () => {
  const { at, end, said } = progressAt(true)
  at(0.2, 1)
  end()
  expect(said).toEqual([])
})
