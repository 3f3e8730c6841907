import { describe, expect, test } from 'vitest'
import { guessMapping } from '../../src/dataset/guess.ts'
import { checkMapping } from '../../src/dataset/mapping.ts'
import { describeColumns } from '../../src/dataset/open.ts'
import { makeTable } from '../../src/files/table.ts'

/** A value for each kind of column; text unless it is named otherwise. */
const VALUES = {
  text: (row: number) => `some words ${row}`,
  number: (row: number) => row,
  list: (row: number) => [`one ${row}`, 'two'],
  object: (row: number) => ({ text: `x ${row}` }),
  chat: () => [
    { role: 'user', content: 'Hi' },
    { role: 'assistant', content: 'Ho' },
  ],
}

/** `name` or `name:kind`. */
function guess(columns: readonly string[]) {
  const table = makeTable(
    columns.map((column) => {
      const [name, kind = 'text'] = column.split(':') as [string, (keyof typeof VALUES)?]
      return { name, values: [1, 2, 3].map((row): unknown => VALUES[kind](row)) }
    }),
  )
  const found = guessMapping(table, describeColumns(table))
  if (found.prompt || found.messages || found.text) checkMapping(table, found)
  return found
}

describe('columns of data sets as they are published', () => {
  test.each<[string, string[], [prompt: string, response: string, input?: string]]>([
    ['Alpaca', ['instruction', 'input', 'output', 'text'], ['instruction', 'output', 'input']],
    ['Dolly', ['instruction', 'context', 'response', 'category'], ['instruction', 'response', 'context']],
    ['GSM8K', ['question', 'answer'], ['question', 'answer']],
    ['MATH', ['problem', 'level', 'type', 'solution'], ['problem', 'solution']],
    ['SQuAD, flat', ['id', 'title', 'context', 'question', 'answer'], ['question', 'answer', 'context']],
    ['BoolQ', ['question', 'answer', 'passage'], ['question', 'answer', 'passage']],
    [
      'TruthfulQA',
      ['type', 'category', 'question', 'best_answer', 'correct_answers:list', 'source'],
      ['question', 'best_answer'],
    ],
    ['MMLU', ['question', 'subject', 'choices:list', 'answer:number'], ['question', 'answer']],
    ['MedMCQA', ['id', 'question', 'opa', 'opb', 'cop:number', 'exp', 'answer'], ['question', 'answer']],
    ['CNN / DailyMail', ['article', 'highlights', 'id'], ['article', 'highlights']],
    ['XSum', ['document', 'summary', 'id'], ['document', 'summary']],
    ['SAMSum', ['id', 'dialogue', 'summary'], ['dialogue', 'summary']],
    ['BillSum', ['text', 'summary', 'title'], ['text', 'summary']],
    ['arXiv summaries', ['article', 'abstract', 'section_names'], ['article', 'abstract']],
    ['IMDb', ['text', 'label:number'], ['text', 'label']],
    ['SST-2', ['idx:number', 'sentence', 'label:number'], ['sentence', 'label']],
    ['CoLA, other order', ['label', 'sentence'], ['sentence', 'label']],
    ['Emotions', ['text', 'emotion', 'id'], ['text', 'emotion']],
    ['Banking77', ['text', 'category'], ['text', 'category']],
    ['CLINC', ['utterance', 'intent'], ['utterance', 'intent']],
    ['Amazon reviews', ['review_id', 'review_body', 'sentiment'], ['review_body', 'sentiment']],
    ['Tweets', ['id:number', 'tweet', 'class:number'], ['tweet', 'class']],
    ['SNLI', ['premise', 'hypothesis', 'label:number'], ['premise', 'label', 'hypothesis']],
    ['MRPC', ['sentence1', 'sentence2', 'label:number', 'idx:number'], ['sentence1', 'label', 'sentence2']],
    ['Spider', ['db_id', 'query', 'question'], ['question', 'query']],
    ['Text to SQL', ['sql_prompt', 'sql_context', 'sql', 'domain'], ['sql_prompt', 'sql', 'sql_context']],
    ['SQL create context', ['question', 'context', 'answer'], ['question', 'answer', 'context']],
    ['CodeAlpaca', ['prompt', 'completion'], ['prompt', 'completion']],
    [
      'CodeSearchNet',
      ['repository_name', 'func_code_string', 'func_documentation_string', 'language'],
      ['func_documentation_string', 'func_code_string'],
    ],
    ['NL2Bash', ['nl', 'cmd'], ['nl', 'cmd']],
    ['FLAN', ['inputs', 'targets', 'task'], ['inputs', 'targets']],
    ['Input and output', ['input', 'output'], ['input', 'output']],
    ['Input and output, more', ['id', 'output', 'input', 'source'], ['input', 'output']],
    ['q and a', ['q', 'a'], ['q', 'a']],
    ['Q, A and more', ['No.:number', 'Q', 'A', 'Topic'], ['Q', 'A']],
    ['src and tgt', ['src', 'tgt', 'score:number'], ['src', 'tgt']],
    ['source and target', ['source', 'target', 'split'], ['source', 'target']],
    ['Source of the data is not asked', ['instruction', 'response', 'source'], ['instruction', 'response']],
    ['Open-Orca', ['id', 'system_prompt', 'question', 'response'], ['question', 'response']],
    ['Preferences', ['prompt', 'chosen', 'rejected'], ['prompt', 'chosen']],
    ['Camel case', ['userPrompt', 'botReply'], ['userPrompt', 'botReply']],
    ['In brackets', ['Question (en)', 'Answer (en)', 'Difficulty'], ['Question (en)', 'Answer (en)']],
    ['WMT, flat', ['en', 'fr'], ['en', 'fr']],
    ['Tatoeba', ['id', 'de', 'en'], ['en', 'de']],
    ['No English', ['de', 'fr', 'note'], ['de', 'fr']],
    ['Language names', ['English', 'Yoruba'], ['English', 'Yoruba']],
    ['TFDS translation', ['translation/de', 'translation/en'], ['translation/en', 'translation/de']],
    ['Regions', ['pt_BR', 'en-US'], ['en-US', 'pt_BR']],
    ['Italian, since there is nothing else', ['en', 'it'], ['en', 'it']],
    ['Any two columns', ['left', 'right'], ['left', 'right']],
  ])('%s', (_, columns, [prompt, response, input]) => {
    const found = guess(columns)
    expect([found.prompt, found.response, found.input]).toEqual([prompt, response, input ?? null])
    for (const name of [prompt, response, ...(input ? [input] : [])])
      expect(found.reason).toContain(`"${name}"`)
  })

  test.each<[string, string[], object]>([
    ['UltraChat', ['prompt', 'prompt_id', 'messages:chat'], { messages: 'messages', prompt: null }],
    ['ShareGPT', ['id', 'conversations:chat'], { messages: 'conversations' }],
    ['Preferences as turns', ['prompt', 'chosen:chat', 'rejected:chat'], { messages: 'chosen' }],
    [
      'A list that is no conversation',
      ['messages:list', 'question', 'answer'],
      { messages: null, prompt: 'question' },
    ],
    ['Books', ['title:number', 'text', 'year:number'], { text: 'text', prompt: null }],
    ['One column', ['anything'], { text: 'anything' }],
    ['System', ['system', 'question', 'answer'], { system: 'system', prompt: 'question' }],
  ])('%s', (_, columns, expected) => {
    expect(guess(columns)).toMatchObject(expected)
  })

  test('what cannot be told is left to the person, with the reason', () => {
    expect(guess(['x', 'y', 'z'])).toMatchObject({ prompt: null, response: null, text: null, messages: null })
    // The answers are lists within objects.
    const squad = guess(['id', 'title', 'context', 'question', 'answers:object'])
    expect(squad).toMatchObject({ prompt: null, response: null })
    expect(squad.reason).toContain('"answers" holds lists or objects')
    // An identifier is not Indonesian, a number not Norwegian.
    expect(guess(['id', 'en', 'year:number'])).toMatchObject({ prompt: null })
    expect(guess(['no:number', 'en:number', 'x'])).toMatchObject({ prompt: null })
    expect(guess(['option_a', 'option_b', 'question'])).toMatchObject({ prompt: null })
  })

  test('a translation says which way, and how to say so to the model', () => {
    expect(guess(['en', 'fr', 'de']).reason).toBe(
      '"en" and "fr" are named for languages: the model learns to translate from English to French. Of 3 languages these two were taken. A template may say so in each prompt, such as "Translate {en} to French".',
    )
    expect(guess(['article', 'highlights']).reason).toBe(
      'By their names, "article" is what is given and "highlights" its summary.',
    )
  })
})
