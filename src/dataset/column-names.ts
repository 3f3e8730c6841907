/** What columns are usually called, by the part they play. Compared by `normalName`. */

/** A column's name in lower case, its words apart, without any other sign: `userPrompt` and `user_prompt` are one. */
export function normalName(name: string): string {
  return name
    .replace(/([a-z])([A-Z])/g, '$1 $2')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim()
}

/** Names of each part, the surest first. */
export const NAMES = {
  messages: ['messages', 'conversations', 'conversation', 'chat', 'dialogue', 'dialog', 'turns', 'contents'],
  system: ['system', 'system prompt', 'system message', 'system instruction'],
  prompt: [
    'prompt',
    'question',
    'instruction',
    'query',
    'input',
    'inputs',
    'user',
    'human',
    'request',
    'utterance',
    'problem',
    'article',
    'document',
    'dialogue',
    'src',
    'source',
    'review',
    'sentence',
    'tweet',
    'comment',
    'message',
    'headline',
    'title',
    'text',
    'content',
    'q',
  ],
  response: [
    'response',
    'answer',
    'completion',
    'output',
    'outputs',
    'assistant',
    'bot',
    'gpt',
    'reply',
    'solution',
    'highlights',
    'target',
    'targets',
    'tgt',
    'label',
    'category',
    'intent',
    'emotion',
    'class',
    'sentiment',
    'summary',
    'translation',
    'a',
  ],
  text: ['text', 'content', 'document', 'body'],
  input: ['input', 'context', 'passage', 'paragraph'],
}

/** Columns that go together, the surest first: names of what is asked, of the answer, and of what is put after the first. */
export interface NamedPair {
  prompt: readonly string[]
  response: readonly string[]
  input?: readonly string[]
  /** What the two are to each other, after their names. */
  relation?: string
}

export const PAIRS: readonly NamedPair[] = [
  { prompt: ['prompt'], response: ['response', 'completion', 'answer', 'output', 'chosen'] },
  { prompt: ['input', 'prompt'], response: ['preferred output', 'preferred'] },
  {
    prompt: ['instruction', 'instructions'],
    response: ['output', 'response', 'answer', 'completion', 'code'],
  },
  {
    prompt: ['question', 'questions'],
    response: [
      'answer',
      'answers',
      'final answer',
      'best answer',
      'correct answer',
      'response',
      'solution',
      'output',
    ],
    input: ['context', 'passage', 'paragraph', 'story', 'table', 'choices', 'options', 'input'],
  },
  // Spider and others: the question is put in words, the query is its answer.
  {
    prompt: ['question', 'sql prompt', 'nl'],
    response: ['query', 'sql', 'code', 'cmd'],
    input: ['sql context', 'context'],
  },
  { prompt: ['problem'], response: ['solution', 'answer'] },
  { prompt: ['query'], response: ['response', 'answer', 'answers', 'output', 'reply'], input: NAMES.input },
  { prompt: ['q'], response: ['a'], input: NAMES.input },
  { prompt: ['article'], response: ['highlights', 'summary', 'abstract'], relation: 'its summary' },
  {
    prompt: ['document', 'dialogue', 'text', 'content', 'report', 'source'],
    response: ['summary', 'tldr', 'highlights'],
    relation: 'its summary',
  },
  { prompt: ['src', 'source', 'source text'], response: ['tgt', 'target', 'target text', 'trg'] },
  {
    prompt: ['premise'],
    input: ['hypothesis'],
    response: ['label', 'gold label'],
    relation: 'the class of the two',
  },
  {
    prompt: ['sentence1'],
    input: ['sentence2'],
    response: ['label', 'score'],
    relation: 'the class of the two',
  },
  {
    prompt: ['sentence 1'],
    input: ['sentence 2'],
    response: ['label', 'score'],
    relation: 'the class of the two',
  },
  { prompt: ['docstring', 'func documentation string'], response: ['code', 'func code string'] },
  {
    prompt: ['inputs', 'input', 'input text'],
    response: ['targets', 'target', 'output', 'outputs', 'output text', 'label'],
  },
]

/** What a model must not learn: the worse answer of a pair. */
export const REJECTED =
  /(?:^| )(?:rejected|reject|dispreferred|(?:non|un|not) ?preferred)(?: |$)|^(?:losing|loser|worse)(?: |$)/
/** The better one. */
export const CHOSEN = /^(?:chosen|preferred|winning|winner|better)(?: |$)/
/** What says of an answer whether it was wanted, where it is yes or no. */
export const WANTED =
  /^(?:(?:kto )?(?:label|tag)|(?:is )?(?:desirable|chosen|preferred|correct|accepted|acceptable|helpful)|is (?:good|right|valid|safe)|thumbs ?up|upvoted|liked)$/
/** Of several answers the one that is meant. */
export const RIGHT =
  /(?:^| )(?:correct|right|true|truth|gold|golden|reference|ref|best|good|final|expected|ideal|preferred|chosen|accepted)(?: |$)/
/** A choice of several, named by letter or number. */
export const OPTION = /^(?:(?:option|opt|choice|answer|distractor) ?)?([a-f]|[1-6])$/
/** What an answer may depend on without being part of the question or the conversation. */
export const BESIDE = [
  'history',
  'tools',
  'functions',
  'documents',
  'choices',
  'options',
  'chat template kwargs',
]
/** What turns may hold beside their text, by services and models that think, see and hear: no part of what is learnt. */
export const BESIDE_TEXT = [
  'reasoning content',
  'reasoning',
  'reasoning details',
  'thinking',
  'thoughts',
  'refusal',
  'image',
  'images',
  'audio',
  'audios',
  'video',
  'videos',
]
/** What is asked: alone it is no text to be learnt. */
export const ASKED = /^(?:prompts?|questions?|instructions?|query|queries|user|human|request|problem|q)$/

/** Columns about an example, whatever else their names say: `review_id` is no review. */
export const ABOUT = /(^| )(id|ids|idx|index|uuid|hash|url|link|date|time|count|length)$/

/** Columns about a text, besides: they are no text to be learnt. */
export const ABOUT_TEXT =
  /(^| )(source|title|name|category|lang|language|author|split|subset|domain|topic|tag|tags|subject|genre|file|filename|path|license|licence|dataset|type|label|timestamp|meta|metadata|version|digest)$/

/** Too short to be looked for inside of a longer name: `option_a` is no answer. */
export const LEAST_PARTIAL = 3

/** Languages by the codes and names that columns of translations have. */
const LANGUAGES = new Map<string, string>()
const CODES =
  'af am ar az be bg bn bs ca cs cy da de el en eo es et eu fa fi fr ga gl gu ha he hi hr hu hy id is it ja ka kk km kn ko lt lv mk ml mn mr ms my nb ne nl nn no pa pl ps pt ro ru si sk sl so sq sr sv sw ta te th tl tr uk ur uz vi xh yo zh zu'
const display = new Intl.DisplayNames('en', { type: 'language' })
for (const code of CODES.split(' ')) {
  const name = display.of(code)!
  LANGUAGES.set(code, name)
  LANGUAGES.set(name.toLowerCase(), name)
}
/** Codes that columns of anything may be called. */
const AMBIGUOUS = new Set(['id', 'no', 'is', 'so', 'am', 'my', 'he', 'it'])

/** The language a column is named for (`en`, `french`, `translation/de`, `pt_BR`), and whether its name may mean another thing. */
export function languageOf(column: string): { language: string; sure: boolean } | null {
  const code = /^([a-z]{2})[-_](?:[A-Z]{2}|[A-Z][a-z]{3})$/.exec(column)?.[1]
  const words = normalName(column).split(' ')
  const word =
    code ??
    (words.length === 1 || /^(translation|text|sentence|src|tgt)$/.test(words[0]!) ? words.at(-1)! : '')
  const language = words.length <= 2 ? LANGUAGES.get(word) : undefined
  return language === undefined ? null : { language, sure: !AMBIGUOUS.has(word) || words.length > 1 }
}
