import { assert } from '../../../core/assert.js'

// What stands beside a record: which topic of its inbox the message has and, of a message that is too large for one record,
// whether the record goes on with it and how many more do.

const topicBits = 10
const topicMask = (1 << topicBits) - 1
const continuesBit = 1 << topicBits
const leftShift = topicBits + 1
const leftMax = 2 ** (32 - leftShift) - 1

export const topicIn = (tag: number): number => tag & topicMask
export const continuesIn = (tag: number): boolean => (tag & continuesBit) !== 0
export const partsLeftIn = (tag: number): number => tag >>> leftShift

/** Of a message in one record it is the topic alone. */
export function partTag(topic: number, part: { readonly continues: boolean; readonly left: number }): number {
  assert(topic <= topicMask && part.left <= leftMax, 'a topic and the parts of a message fit beside a record')
  return (part.left << leftShift) | (part.continues ? continuesBit : 0) | topic
}
