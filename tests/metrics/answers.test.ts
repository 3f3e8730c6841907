import { describe, expect, test } from 'vitest'
import {
  callAgreement,
  chrf,
  corpusChrf,
  exactMatch,
  jsonAgreement,
  rougeL,
} from '../../src/metrics/index.ts'

const states = (reference: string, answer: string) =>
  Object.fromEntries(jsonAgreement(reference, answer).fields.map(({ path, state }) => [path, state]))

describe('texts', () => {
  test('are the same but for what nobody sees', () => {
    expect(exactMatch('Café\n', '  Cafe\u0301')).toBe(true)
    expect(exactMatch('a\r\nb', 'a\nb')).toBe(true)
    expect(exactMatch('Yes', 'yes')).toBe(false)
    expect(exactMatch('a b', 'ab')).toBe(false)
  })

  test('chrF and ROUGE-L know nothing, all, and what is empty', () => {
    for (const text of ['money is back', '你好世界', '👩‍💻 ok']) expect(chrf(text, text)).toBeCloseTo(100, 9)
    expect(chrf('abc', 'xyz')).toBe(0)
    expect([chrf('', ''), chrf('a', ''), chrf('', 'a')]).toEqual([0, 0, 0])
    expect(rougeL('The Fee', 'the fee!')).toBe(1)
    expect([rougeL('', ''), rougeL('a', ''), rougeL('你好', '你好')]).toEqual([0, 0, 0])
    expect(rougeL('a b c d', 'a x c')).toBeCloseTo((2 * 2) / 7, 12)
    expect(corpusChrf(['ab', 'cd'], ['ab', 'xy'])).toBeLessThan(100)
  })
})

describe('JSON', () => {
  test('fields are told apart by where they stand, whatever the order of names', () => {
    const reference = '{"name":"Ada","pets":[{"kind":"cat"},{"kind":"dog"}],"age":36,"tags":[]}'
    expect(
      jsonAgreement(
        reference,
        ` {"age":36.0,"tags":[],"pets":[{"kind":"cat"},{"kind":"dog"}],"name":"Ada"} `,
      ),
    ).toEqual({
      valid: true,
      equal: true,
      fields: expect.arrayContaining([{ path: 'pets[1].kind', state: 'equal' }]),
    })
    expect(
      states(reference, '{"name":"ada","pets":[{"kind":"cat"}],"age":"36","tags":{},"odd name":{"x":1}}'),
    ).toEqual({
      name: 'differs',
      'pets[0].kind': 'equal',
      'pets[1].kind': 'missing',
      age: 'differs',
      tags: 'differs',
      '["odd name"].x': 'extra',
    })
  })

  test('what is made otherwise is one field that differs', () => {
    expect(states('{"a":{"b":1,"c":2}}', '{"a":5}')).toEqual({ a: 'differs' })
    expect(states('{"a":[1]}', '{"a":{"0":1}}')).toEqual({ a: 'differs' })
    expect(states('{"a":{}}', '{"a":{"b":1}}')).toEqual({ 'a.b': 'extra' })
    expect(states('{"a":{}}', '{}')).toEqual({ a: 'missing' })
    expect(states('{"a":{}}', '{"a":{}}')).toEqual({ a: 'equal' })
    expect(states('[1,2]', '[2,1]')).toEqual({ '[0]': 'differs', '[1]': 'differs' })
    expect(states('{"__proto__":1}', '{}')).toEqual({ ['__proto__']: 'missing' })
    expect(states('null', 'null')).toEqual({ '': 'equal' })
  })

  test('an answer that is no JSON has none of the fields, one nested without end neither', () => {
    const missing = { valid: false, equal: false, fields: [{ path: 'a.b', state: 'missing' }] }
    for (const answer of [
      '',
      'the answer is {"a":{"b":1}}',
      '{"a":{"b":1}',
      '['.repeat(1e5),
      '['.repeat(500) + ']'.repeat(500),
    ])
      expect(jsonAgreement('{"a":{"b":1}}', answer)).toEqual(missing)
  })

  test('a reference that is no JSON has no fields', () => {
    expect(jsonAgreement('none', '{"a":1}')).toEqual({ valid: true, equal: false, fields: [] })
    expect(jsonAgreement('none', 'none')).toEqual({ valid: false, equal: true, fields: [] })
  })
})

describe('calls', () => {
  test.each([
    ['f({"a":1,"b":2})', 'f({"b":2,"a":1})', true, true],
    ['f({"a":1})', 'f({"a":2})', true, false],
    ['f({"a":1})', 'g({"a":1})', false, false],
    ['f({})\ng({})', 'g({})\nf({})', true, true],
    ['f({"a":1})\nf({"a":2})', 'f({"a":2})\nf({"a":1})', true, true],
    ['f({"a":1})\nf({"a":2})', 'f({"a":1})\nf({"a":1})', true, false],
    ['f({})', 'f({})\nf({})', false, false],
    ['f({})', 'Let me see.\nf({})', true, true],
    ['f({})', 'f(', false, false],
    ['f({"text":"a) b(c"})', 'f({"text":"a) b(c"})', true, true],
    ['I cannot do that.', 'Sorry.', true, true],
    ['I cannot do that.', 'f({})', false, false],
  ])('%j against %j', (reference, answer, name, same) => {
    expect(callAgreement(reference, answer)).toEqual({ name, arguments: same })
  })
})
