import { expect, test } from 'vitest'
import { maskSecrets, maskUrl, secretsOfUrls } from './secrets.js'

test.each([
  { text: 'redis://:hunter2@10.0.0.1:6379/0', masked: 'redis://:***@10.0.0.1:6379/0' },
  { text: 'postgres://desk:p%40ss@db/x?sslmode=on', masked: 'postgres://desk:***@db/x?sslmode=on' },
  { text: 'see https://h/p?api_key=abc&x=1 and http://h', masked: 'see https://h/p?api_key=***&x=1 and http://h' },
  { text: 'postgres://u:a:b@c@db/x', masked: 'postgres://u:***@db/x' },
  { text: 'unix:/tmp/n/redis.sock', masked: 'unix:/tmp/n/redis.sock' },
  { text: 'mail a@b.c at 10:30', masked: 'mail a@b.c at 10:30' },
])('masks the secrets of $text', ({ text, masked }) => {
  expect(maskUrl(text)).toBe(masked)
})

test('masks a secret also in its URL-encoded and JSON-escaped form', () => {
  const secret = 'p"ss/word'
  const text = `${secret} ${encodeURIComponent(secret)} ${JSON.stringify({ secret })}`
  expect(maskSecrets(text, [secret])).toBe('*** *** {"secret":"***"}')
})

test('masks the longer of two overlapping secrets as a whole', () => {
  expect(maskSecrets('token-extended', ['token', 'token-extended'])).toBe('***')
})

test('leaves values too short to be told from other text', () => {
  expect(maskSecrets('p95 5 ms', ['5'])).toBe('p95 5 ms')
})

test('masks a secret of digits as a whole number only', () => {
  const text = 'pin 4711, 14711 orders, 0.4711 ms, 4,711 and 4711.5'
  expect(maskSecrets(text, ['4711'])).toBe('pin ***, 14711 orders, 0.4711 ms, 4,711 and 4711.5')
})

test('finds the secrets that URLs carry', () => {
  expect(secretsOfUrls('redis://:hunter2@h and http://h?token=abcd')).toEqual(['hunter2', 'abcd'])
})
