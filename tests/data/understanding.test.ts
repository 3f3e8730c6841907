import { describe, expect, test } from 'vitest'
import { Frame } from '../../src/dataset/frame.ts'
import { guessMapping } from '../../src/dataset/guess.ts'
import { inspectFrame } from '../../src/dataset/inspect/index.ts'
import { describeColumns } from '../../src/dataset/open.ts'
import { pythonLiteral } from '../../src/dataset/python-literal.ts'
import { mapFrame, mapRows } from '../../src/dataset/rows.ts'
import { runSteps } from '../../src/dataset/steps/index.ts'
import { messageOf } from '../../src/export/data/rows.ts'
import { mappingFor, NO_MAPPING } from '../../src/protocol/recipe.ts'
import type { Mapping } from '../../src/protocol/studio.ts'
import type { Message } from '../../src/protocol/tokens.ts'
import { chatTokenizer } from '../../src/tokens/chat.ts'
import { maskExample } from '../../src/tokens/masks.ts'
import { failure, tableOf } from './helpers.ts'
import { TINY_TOKENIZER_CONFIG, tinyTokenizerJson } from './tiny-tokenizer.ts'

const guess = (rows: object[]) => {
  const table = tableOf(rows)
  return guessMapping(table, describeColumns(table))
}
/** The turns of each row under the guess, as `role: content`, those that are not learnt in brackets. */
const turns = (rows: object[], mapping?: Mapping) =>
  mapRows(tableOf(rows), mapping ?? guess(rows)).rows.map((row) =>
    'messages' in row ? row.messages.map(said).join(' | ') : row.text,
  )
const said = ({ role, content, learn }: Message) =>
  learn === false ? `(${role}: ${content})` : `${role}: ${content}`
const findings = (rows: object[], mapping?: Mapping) =>
  inspectFrame(Frame.of(tableOf(rows)), {
    mapping: mapping ?? guess(rows),
    split: null,
    validationShare: 0,
    seed: 1,
  })
const user = (content: string) => ({ role: 'user', content })
const bot = (content: string | null) => ({ role: 'assistant', content })
const CHAT = [user('Name a tree.'), bot('An oak.')]

describe('answers that were not wanted', () => {
  const rows = [0, 1, 2, 3].map((i) => ({
    prompt: `Hi ${i}`,
    completion: i % 2 ? 'Hello' : 'Go',
    label: i % 2 > 0,
  }))

  test('are learnt by no guess, and left out at a press', async () => {
    expect(guess(rows)).toMatchObject(NO_MAPPING)
    expect(guess(rows).reason).toContain('"label" says which answers were wanted')
    const turned = rows.map(({ prompt, completion, label }) => ({
      prompt: [user(prompt)],
      completion: [bot(completion)],
      label,
    }))
    expect(guess(turned)).toMatchObject(NO_MAPPING)
    const [found] = (await findings(rows)).filter(({ kind }) => kind === 'preference_pairs')
    expect(found).toMatchObject({ severity: 'warning', row: 0, count: 2, column: 'label' })
    if (found?.fix?.kind !== 'step') throw new Error('no remedy')
    const { frame } = await runSteps(Frame.of(tableOf(rows)), [found.fix.step], { seed: 1 })
    expect(frame.column('completion')).toEqual(['Hello', 'Hello'])
    expect(guessMapping(frame.toTable(), describeColumns(frame.toTable()))).toMatchObject({
      prompt: 'prompt',
      response: 'completion',
    })
  })

  test('also where that is said by 0 and 1, or by another name', async () => {
    for (const [name, no, yes] of [
      ['label', 0, 1],
      ['is_correct', false, true],
      ['label', '0', '1'],
    ] as const) {
      const named = rows.map(({ label, ...row }) => ({ ...row, [name]: label ? yes : no }))
      expect(guess(named)).toMatchObject(NO_MAPPING)
      const mapping = { ...NO_MAPPING, prompt: 'prompt', response: 'completion' }
      const [found] = (await findings(named, mapping)).filter(({ kind }) => kind === 'preference_pairs')
      expect(found).toMatchObject({ severity: 'warning', row: 0, count: 2, column: name })
    }
    const rated = rows.map((row, label) => ({ ...row, label }))
    expect(guess(rated)).toMatchObject({ prompt: 'prompt', response: 'completion' })
  })

  test('of several answers the right one is taken by its name, or none', () => {
    const several = (...names: string[]) => [
      { question: 'Who?', ...Object.fromEntries(names.map((name) => [name, `by ${name}`])) },
    ]
    expect(guess(several('model_answer', 'reference_answer'))).toMatchObject({ response: 'reference_answer' })
    expect(guess(several('bad_answer', 'good_answer'))).toMatchObject({ response: 'good_answer' })
    expect(guess(several('gpt_answer', 'llama_answer'))).toMatchObject(NO_MAPPING)
    expect(guess(several('my_answer', 'id'))).toMatchObject({ response: 'my_answer' })
  })

  test('of several texts none is learnt by its name', () => {
    expect(guess([{ text: 'Write a sum.', code: 'a + b', tests: ['x'] }])).toMatchObject(NO_MAPPING)
    expect(guess([{ text: 'Once.', url: 'https://a.b/c', title: 'T' }])).toMatchObject({ text: 'text' })
  })

  test('choices that the question is put without are named, and put into it at a press', async () => {
    const choices = ['A', 'B', 'D'].map((answer) => ({
      question: 'Which?',
      option_a: 'x',
      option_b: 'y',
      option_c: 'z',
      option_d: 'w',
      answer,
    }))
    const [found] = (await findings(choices)).filter(({ kind }) => kind === 'left_aside')
    expect(found).toMatchObject({ severity: 'warning', column: 'option_a' })
    if (found?.fix?.kind !== 'mapping') throw new Error('no remedy')
    const fixed = { ...guess(choices), ...found.fix.mapping }
    expect(turns(choices, fixed)[0]).toBe('user: Which?\n\nA. x\nB. y\nC. z\nD. w | assistant: A')
    expect((await findings(choices, fixed)).filter(({ kind }) => kind === 'left_aside')).toEqual([])
    const notes = choices.map((row) => ({ ...row, answer: `It is ${row.option_a}.` }))
    expect((await findings(notes)).filter(({ kind }) => kind === 'left_aside')).toEqual([])
  })

  test('a turn is left out of what is learnt however that is said', () => {
    for (const mark of [
      { weight: '0' },
      { weight: 0 },
      { train: 'false' },
      { loss_mask: 0 },
      { masked: true },
    ])
      expect(turns([{ messages: [user('x'), { ...bot('y'), ...mark }, user('z'), bot('w')] }])).toEqual([
        'user: x | (assistant: y) | user: z | assistant: w',
      ])
    for (const mark of [{ weight: '1' }, { weight: null }, { train: true }, { masked: 0 }])
      expect(turns([{ messages: [user('x'), { ...bot('y'), ...mark }] }])).toEqual(['user: x | assistant: y'])
    expect(
      turns([{ messages: CHAT }, { messages: [user('x'), { ...bot('y'), weight: 'half' }] }]),
    ).toHaveLength(1)
  })

  test('several turns of one speaker are put together at a press, where that makes them take turns', async () => {
    const rows = [
      { messages: [user('Hello?'), user('Are you there?'), bot('Yes.'), bot('I am.')] },
      { messages: CHAT },
      // Which of the two is learnt could not be said any more; and the second still begins with an answer.
      { messages: [user('x'), { ...bot('y'), weight: 0 }, bot('z')] },
      { messages: [bot('x'), user('y'), user('z'), bot('w')] },
    ]
    const [found] = (await findings(rows)).filter(({ kind }) => kind === 'same_speaker')
    expect(found).toMatchObject({ severity: 'note', row: 0, count: 1, column: 'messages' })
    if (found?.fix?.kind !== 'step') throw new Error('no remedy')
    const { frame, reports } = await runSteps(Frame.of(tableOf(rows)), [found.fix.step], { seed: 1 })
    expect(reports[0]).toMatchObject({ changed: 2, dropped: 0 })
    const after = mapFrame(frame, guess(rows)).rows.map((row) => 'messages' in row && row.messages.map(said))
    expect(after).toEqual([
      ['user: Hello?\n\nAre you there?', 'assistant: Yes.\n\nI am.'],
      ['user: Name a tree.', 'assistant: An oak.'],
      ['user: x', '(assistant: y)', 'assistant: z'],
      ['assistant: x', 'user: y\n\nz', 'assistant: w'],
    ])
    const prompts = [{ prompt: [user('a'), user('b')], completion: [bot('c'), bot('d')] }]
    const told = (await findings(prompts)).filter(({ kind }) => kind === 'same_speaker')
    expect(told.map(({ column }) => column)).toEqual(['prompt', 'completion'])
  })

  test('a class that is yes or no is none', async () => {
    const classes = rows.map(({ prompt, label }) => ({ text: prompt, label }))
    expect(guess(classes)).toMatchObject({ prompt: 'text', response: 'label' })
    expect((await findings(classes)).filter(({ kind }) => kind === 'preference_pairs')).toEqual([])
  })
})

describe('what is not understood is not guessed', () => {
  test.each([
    ['questions alone', [{ prompt: 'Who?' }, { prompt: 'When?' }], 'nothing says what is to be answered'],
    [
      'a turn in each row',
      [
        { text: 'Hi', role: 'prompter' },
        { text: 'Hello', role: 'assistant' },
      ],
      'one turn of a conversation',
    ],
    [
      'several answers to each',
      [{ prompt: 'Hi', response_a: 'x', response_b: 'y' }],
      'No column has a familiar name',
    ],
    ['a map', [{ id: 1, map: { a: 1 } }], 'No column has a familiar name'],
    ['strings in turn', [{ conversation: ['Hi', 'Hello'] }], ''],
  ])('%s', (_, rows, reason) => {
    expect(guess(rows)).toMatchObject(NO_MAPPING)
    expect(guess(rows).reason).toContain(reason)
  })

  test('a turn that calls a tool, holds no text or half a weight leaves its row out, for a true reason', () => {
    const rest = { messages: CHAT }
    const cause = (turn: object) =>
      mapRows(tableOf([{ messages: [user('Hi'), turn] }, rest]), { ...NO_MAPPING, messages: 'messages' })
        .findings[0]!.message
    expect(cause({ ...bot('Let me see'), tool_calls: [{ id: '1' }] })).toContain('turn (2) that calls a tool')
    expect(cause({ ...bot(null), function_call: { name: 'f' } })).toContain('turn (2) that calls a tool')
    expect(cause({ role: 'assistant', content: [{ type: 'tool_use', id: '1' }] })).toContain('calls a tool')
    expect(cause({ role: 'model', parts: [{ functionCall: {} }] })).toContain('calls a tool')
    expect(cause({ role: 'assistant', content: [{ type: 'image', source: {} }] })).toContain(
      'holds "image", which is no text',
    )
    expect(cause({ ...bot('x'), weight: 0.5 })).toContain('of weight 0.5')
    expect(
      turns([{ messages: [user('Hi'), { ...bot('No'), loss: false }, user('So?'), bot('Yes')] }]),
    ).toEqual(['user: Hi | (assistant: No) | user: So? | assistant: Yes'])
  })

  test('requests of services: the turns in them, their system text, and no tools', () => {
    const request = {
      systemInstruction: { parts: [{ text: 'Be kind.' }] },
      contents: [
        { role: 'user', parts: [{ text: 'Hi' }] },
        { role: 'model', parts: [{ text: 'Hello' }] },
      ],
    }
    expect(turns([{ request }])).toEqual(['system: Be kind. | user: Hi | assistant: Hello'])
    const pairs = [
      {
        input: { messages: [user('Hi')], tools: [] },
        preferred_output: [bot('Hello')],
        non_preferred_output: [bot('Go')],
      },
    ]
    expect(guess(pairs)).toMatchObject({ prompt: 'input', response: 'preferred_output' })
    expect(turns(pairs)).toEqual(['user: Hi | assistant: Hello'])
    const tools = [{ request: { ...request, tools: [{ name: 'f' }] } }, { request }]
    expect(mapRows(tableOf(tools), { ...NO_MAPPING, messages: 'request' }).findings[0]!.message).toContain(
      'has tools around its turns',
    )
  })
})

describe('preference pairs', () => {
  const marked = [1, 2].map((n) => ({
    chosen: `\n\nHuman: Hi ${n}\n\nAssistant: Hello`,
    rejected: `\n\nHuman: Hi ${n}\n\nAssistant: Go`,
  }))

  test('the rejected answer is no guess, and as text with speakers the chosen one is a press away', async () => {
    expect(guess(marked)).toMatchObject(NO_MAPPING)
    expect(guess(marked).reason).toContain('rejected')
    const [found] = (await findings(marked)).filter(({ kind }) => kind === 'preference_pairs')
    if (found?.fix?.kind !== 'step') throw new Error('no remedy')
    const { frame } = await runSteps(Frame.of(tableOf(marked)), [found.fix.step], { seed: 1 })
    const { rows } = mapFrame(frame, { ...NO_MAPPING, ...found.fix.mapping })
    expect(rows.map((row) => ('messages' in row ? row.messages.map(said) : []))[0]).toEqual([
      'user: Hi 1',
      'assistant: Hello',
    ])
  })

  test('in whatever order the columns stand, as turns and as texts', () => {
    expect(guess([{ rejected: CHAT, chosen: CHAT }])).toMatchObject({ messages: 'chosen' })
    expect(guess([{ rejected: 'no', prompt: 'q', chosen: 'yes' }])).toMatchObject({
      prompt: 'prompt',
      response: 'chosen',
    })
    expect(turns([{ prompt: [user('q')], rejected: [bot('no')], chosen: [bot('yes')] }])).toEqual([
      'user: q | assistant: yes',
    ])
    expect(guess([{ rejected_response: 'no', text: 'q' }])).toMatchObject(NO_MAPPING)
  })

  test('chosen by hand, the rejected answer is an error', async () => {
    const rows = [{ prompt: 'q', chosen: 'yes', rejected: 'no' }]
    const wrong = await findings(rows, { ...NO_MAPPING, prompt: 'prompt', response: 'rejected' })
    expect(wrong.find(({ kind }) => kind === 'preference_pairs')).toMatchObject({ severity: 'error' })
    const right = await findings(rows, { ...NO_MAPPING, prompt: 'prompt', response: 'chosen' })
    expect(right.find(({ kind }) => kind === 'preference_pairs')).toMatchObject({ severity: 'note' })
  })
})

describe('prompt and completion as turns', () => {
  const rows = [1, 2].map((n) => ({
    prompt: [user('Say it.'), bot('Wrong.'), user(`Name tree ${n}.`)],
    completion: [bot('An oak.')],
  }))

  test('are one conversation of which only the completion is learnt', () => {
    expect(guess(rows)).toMatchObject({ prompt: 'prompt', response: 'completion', messages: null })
    expect(turns(rows)[0]).toBe(
      'user: Say it. | (assistant: Wrong.) | user: Name tree 1. | assistant: An oak.',
    )
  })

  test('beside text, and where the completion repeats what is asked', () => {
    const mapping = { ...NO_MAPPING, prompt: 'prompt', response: 'completion', system: 's' }
    expect(
      turns(
        [
          { s: 'Be brief.', prompt: 'q', completion: [bot('a')] },
          { s: null, prompt: [user('q')], completion: 'a' },
          { s: null, prompt: [user('q')], completion: [user('q'), bot('a')] },
          { s: null, prompt: 'q', completion: ['x', 'y'] },
        ],
        mapping,
      ),
    ).toEqual([
      'system: Be brief. | user: q | assistant: a',
      'user: q | assistant: a',
      'user: q | assistant: a',
      'user: q | assistant: ["x","y"]',
    ])
  })
})

describe('turns that are not learnt', () => {
  const weighted = [user('hi'), { ...bot('no'), weight: 0 }, user('again'), { ...bot('yes'), weight: 1 }]

  test('of weight 0, in tokens and in what is taken away', () => {
    expect(turns([{ messages: weighted }])).toEqual([
      'user: hi | (assistant: no) | user: again | assistant: yes',
    ])
    const [row] = mapRows(tableOf([{ messages: weighted }]), guess([{ messages: weighted }])).rows
    if (!row || !('messages' in row)) throw new Error('no conversation')
    const chat = chatTokenizer(tinyTokenizerJson(), TINY_TOKENIZER_CONFIG)
    const options = { maxLength: 1000, vocabSize: 1e9 }
    const learnt = (completionOnly: boolean, from = row) => {
      const { tokens, supervised } = maskExample(from, chat, { ...options, completionOnly })
      return chat.tokenizer.decode(tokens.filter((_, i) => supervised[i] === 1))
    }
    expect(learnt(true)).toContain('yes')
    expect(learnt(true)).not.toContain('no')
    expect(learnt(false)).not.toContain('no')
    expect(learnt(false)).toContain('again')
    const plain = { ...row, messages: row.messages.map(({ role, content }) => ({ role, content })) }
    expect(learnt(true, plain)).toContain('no')
    expect(row.messages.map(messageOf)).toEqual([
      user('hi'),
      { ...bot('no'), weight: 0 },
      user('again'),
      bot('yes'),
    ])
  })

  test('a conversation that has no other is left out, and said', async () => {
    const rows = [{ messages: weighted.slice(0, 2) }, { messages: CHAT }]
    const mapped = mapRows(tableOf(rows), guess(rows))
    expect(mapped.rows).toHaveLength(1)
    expect(mapped.findings[0]!.message).toContain('no answer that is to be learnt')
    await failure(
      () => mapRows(tableOf(rows.slice(0, 1)), { ...NO_MAPPING, messages: 'messages' }),
      'bad_data',
    )
  })
})

describe('what stands beside a conversation', () => {
  test('a system text goes before it, unless it has one', () => {
    const own = [{ role: 'system', content: 'Own.' }, ...CHAT]
    const rows = [
      { conversations: CHAT, system: 'Be brief.' },
      { conversations: own, system: 'Be brief.' },
      { conversations: CHAT, system: '' },
    ]
    expect(turns(rows).map((text) => text.split(' | ')[0])).toEqual([
      'system: Be brief.',
      'system: Own.',
      'user: Name a tree.',
    ])
  })

  test('a named column goes with the system text beside it; a named system text with the conversations', () => {
    const found = guess([{ conversations: CHAT, system: 'Be brief.' }])
    const wanted = { messages: 'conversations', system: 'system', prompt: null }
    expect(mappingFor({}, found)).toMatchObject(wanted)
    expect(mappingFor({ messages: 'conversations' }, found)).toMatchObject(wanted)
    expect(mappingFor({ system: 'system' }, found)).toMatchObject(wanted)
    expect(mappingFor({ prompt: 'a', response: 'b' }, found)).toMatchObject({ messages: null, system: null })
  })

  test('history and tools are said to be left aside, where they hold something', async () => {
    const kinds = async (row: object) =>
      (await findings([row, row])).filter(({ kind }) => kind === 'left_aside').map(({ column }) => column)
    expect(await kinds({ messages: CHAT, tools: [{ name: 'weather' }] })).toEqual(['tools'])
    expect(await kinds({ messages: CHAT, tools: [] })).toEqual([])
    expect(await kinds({ instruction: 'q', output: 'a', history: [['q0', 'a0']] })).toEqual(['history'])
  })

  test('answers beside text that is learnt alone are said to be left aside, and can be learnt', async () => {
    const rows = ['a warm day', 'a cold night'].map((text, i) => ({
      id: i,
      text,
      label: ['warm', 'cold'][i],
    }))
    const alone: Mapping = { ...guess(rows), prompt: null, response: null, messages: null, text: 'text' }
    const of = async (mapping: Mapping) =>
      (await findings(rows, mapping)).filter(({ kind }) => kind === 'left_aside')
    const [found] = await of(alone)
    expect(found).toMatchObject({ column: 'label', count: 2, severity: 'note' })
    const { fix } = found!
    expect(await of({ ...alone, ...(fix?.kind === 'mapping' ? fix.mapping : {}) })).toEqual([])
  })
})

test.each<[string, (turns: unknown) => unknown]>([
  ['a list', (turns) => turns],
  ['JSON text', (turns) => JSON.stringify(turns)],
  ['Python text', (turns) => JSON.stringify(turns).replaceAll('"', "'").replaceAll('null', 'None')],
  ['an object around', (turns) => ({ messages: turns })],
])('what turns hold beside their text is named, in %s', async (_, form) => {
  const chat = (more: object) => ({ messages: form([CHAT[0], { ...CHAT[1], ...more }]) })
  const aside = async (rows: object[]) =>
    (await findings(rows)).filter(({ kind }) => kind === 'left_aside').map(({ message }) => message)
  const rows = [chat({}), chat({ reasoning_content: 'Oaks are trees.' }), chat({ reasoning_content: null })]
  expect(await aside(rows)).toEqual([
    expect.stringMatching(/"reasoning_content" .* 1 row has .* row 2 first/),
  ])
  expect(await aside([chat({ reasoning_content: '', refusal: null, images: [] })])).toEqual([])
  const both = await aside([chat({ thinking: 'Oak?', images: ['a.png'] })])
  expect(both).toEqual([expect.stringContaining('"thinking"'), expect.stringContaining('"images"')])
})

describe('conversations in other forms', () => {
  const wanted = 'user: Name a tree. | assistant: An oak.'
  test.each<[string, unknown]>([
    ['JSON text', JSON.stringify(CHAT)],
    [
      'Python text',
      "[{'role': 'user', 'content': 'Name a tree.'}, {'role': 'assistant', 'content': 'An oak.'}]",
    ],
    [
      "NumPy's text",
      "array([{'role': 'user', 'content': 'Name a tree.'}\n {'role': 'assistant', 'content': 'An oak.'}],\n      dtype=object)",
    ],
    [
      'ShareGPT',
      [
        { from: 'human', value: 'Name a tree.' },
        { from: 'gpt', value: 'An oak.' },
      ],
    ],
    [
      'role ai',
      [
        { role: 'human', content: 'Name a tree.' },
        { role: 'AI', content: 'An oak.' },
      ],
    ],
    [
      'Gemini',
      [
        { role: 'user', parts: [{ text: 'Name a ' }, { text: 'tree.' }] },
        { role: 'model', parts: [{ text: 'An oak.' }] },
      ],
    ],
    ['a dictionary of lists', { role: ['user', 'assistant'], content: ['Name a tree.', 'An oak.'] }],
    ['pairs', [{ input: 'Name a tree.', output: 'An oak.' }]],
  ])('%s', (_, value) => {
    for (const name of ['messages', 'contents']) {
      expect(guess([{ id: 1, [name]: value }])).toMatchObject({ messages: name, prompt: null, text: null })
      expect(turns([{ id: 1, [name]: value }])).toEqual([wanted])
    }
  })

  test("Gemini's system instruction", () => {
    const rows = [{ systemInstruction: { role: 'system', parts: [{ text: 'Be nice.' }] }, contents: CHAT }]
    expect(turns(rows)).toEqual([`system: Be nice. | ${wanted}`])
  })

  test('two system texts in a row: the column is left aside there, and it is said', async () => {
    const turns = (system: string | null, ask: string) => [
      ...(system === null ? [] : [{ role: 'system', content: system }]),
      { role: 'user', content: ask },
      { role: 'assistant', content: 'Yes.' },
    ]
    const rows = [
      { messages: turns('Be brief.', 'One?'), system: 'Be brief.' },
      { messages: turns(null, 'Two?'), system: 'Be kind.' },
      { messages: turns('Be brief.', 'Three?'), system: 'Be kind.' },
    ]
    const found = await findings(rows, { ...NO_MAPPING, messages: 'messages', system: 'system' })
    expect(found.filter(({ kind }) => kind === 'left_aside')).toMatchObject([
      {
        severity: 'warning',
        row: 2,
        count: 1,
        column: 'system',
        message: expect.stringContaining('two system texts'),
      },
    ])
  })

  test("SQuAD's answers: the first of each, none where there is none", () => {
    const row = (text: string[]) => ({ context: 'c', question: 'q', answers: { text, answer_start: [3] } })
    expect(turns([row(['oak', 'an oak']), row([])])).toEqual(['user: q\n\nc | assistant: oak'])
  })

  test('what cannot be read is neither text nor answer, and said', () => {
    const bad = "[{'role': 'wizard', 'content': 'x'}, {'role': 'user', 'content': 'y'}]"
    expect(guess([{ messages: bad }])).toMatchObject(NO_MAPPING)
    expect(guess([{ messages: bad }]).reason).toContain('"wizard"')
    expect(guess([{ id: 1, conversations: bad }])).toMatchObject(NO_MAPPING)
    expect(guess([{ question: 'q', reply: bad }])).toMatchObject({ response: null })
  })

  test('one column left over is no text where another could not be understood', () => {
    expect(guess([{ source: 'web', blob: [{ x: 1 }] }])).toMatchObject(NO_MAPPING)
    expect(guess([{ id: 1, words: 'some words' }])).toMatchObject({ prompt: null })
  })
})

test('one odd row hides no column: it is left out and named', () => {
  const odd: unknown[] = [null, [], [user('hi'), bot(null)], [{ role: 'tool', content: 'x' }], CHAT]
  const rows = odd.map((messages) => ({ messages }))
  expect(guess(rows)).toMatchObject({ messages: 'messages' })
  const { rows: kept, findings } = mapRows(tableOf(rows), guess(rows))
  expect(kept.map(({ row }) => row)).toEqual([4])
  expect(findings.map(({ row }) => row)).toEqual([0, 1, 2, 3])
})

describe('Python literals', () => {
  test.each<[string, unknown]>([
    ["{'a': None, 'b': (True, False,), 1: -1.5e3}", { a: null, b: [true, false], 1: -1500 }],
    [
      `["What's \\"it\\"?", 'say \\'hi\\'\\n', u'\\xe9\\u00e9', r'\\n']`,
      [`What's "it"?`, "say 'hi'\n", 'éé', '\\n'],
    ],
    ['[]', []],
  ])('%s', (text, value) => expect(pythonLiteral(text)).toEqual(value))
  test.each(['[1 2]', '[x]', '[1', "['a' + 'b']", "{'a'}", 'dict(a=1)', '[open("x")]', '['.repeat(100_000)])(
    'no literal: %.20s',
    (text) => expect(pythonLiteral(text)).toBeUndefined(),
  )
})
