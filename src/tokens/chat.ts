import { type ByteSource, readJson, readText } from '../files/bytes.ts'
import { fail, LapidaryError } from '../protocol/errors.ts'
import type { ModelConfig } from '../protocol/model.ts'
import type { Message, Tool } from '../protocol/tokens.ts'
import { parseTemplate, renderBounded, TemplateTooLong } from './bounded-template.ts'
import { FUNCTION_GEMMA_TEMPLATE, FUNCTION_WORDS } from './function-template.ts'
import { checkTokenizer, type SpecialToken, TextTokenizer } from './tokenizer.ts'
import type { TokenizerTable } from './tokenizer-table.ts'

/** What Gemma 1 to 3 were tuned with, for models whose files bring no template (the pre-trained ones). */
export const GEMMA_TEMPLATE = `{{- bos_token -}}
{%- set system = '' -%}
{%- set turns = messages -%}
{%- if messages and messages[0]['role'] == 'system' -%}
    {%- set system = messages[0]['content'] + '\\n\\n' -%}
    {%- set turns = messages[1:] -%}
{%- endif -%}
{%- for turn in turns -%}
    {%- if (turn['role'] == 'user') != (loop.index0 % 2 == 0) -%}
        {{- raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') -}}
    {%- endif -%}
    {{- '<start_of_turn>' + ('model' if turn['role'] == 'assistant' else turn['role']) + '\\n' -}}
    {%- if loop.first -%}
        {{- system -}}
    {%- endif -%}
    {{- turn['content'] | trim -}}
    {{- '<end_of_turn>\\n' -}}
{%- endfor -%}
{%- if add_generation_prompt -%}
    {{- '<start_of_turn>model\\n' -}}
{%- endif -%}
`

/** JavaScript's `trim` takes a byte-order mark for white space, Python's does not: a noncharacter stands in for it. */
const BOM = '\ufeff'
const MARK = '\ufdd0'

/** Renders conversations as the model saw them in its own tuning. */
export class ChatTemplate {
  readonly source: string
  #knowsTools: boolean | null = null
  readonly #program: ReturnType<typeof parseTemplate>
  readonly #tokens: Record<string, string>

  /** @throws LapidaryError `bad_model` where the template is not valid Jinja. */
  constructor(source: string, tokens: { bos: SpecialToken | null; eos: SpecialToken | null }) {
    this.source = source
    this.#tokens = { bos_token: tokens.bos?.text ?? '', eos_token: tokens.eos?.text ?? '' }
    try {
      this.#program = parseTemplate(source)
    } catch (error) {
      fail(
        'bad_model',
        `The model's chat template cannot be read: ${reasonOf(error)}`,
        'Use the tokenizer_config.json that came with the model.',
        { field: 'chat_template' },
      )
    }
  }

  /** Whether functions are declared to the model, and its calls of them written: tried, as nothing else says so. */
  get knowsTools(): boolean {
    this.#knowsTools ??= this.#declaresTools()
    return this.#knowsTools
  }

  #declaresTools(): boolean {
    const [tool, called] = ['agate_saw', 'lapidary_wheel']
    const turns: Message[] = [
      { role: 'system', content: 'agate' },
      { role: 'user', content: 'lapidary' },
      { role: 'assistant', content: '', calls: [{ name: called, arguments: {} }] },
    ]
    const description = { name: tool, description: tool, parameters: { type: 'object', properties: {} } }
    try {
      const text = this.render(turns, false, [{ type: 'function', function: description }])
      return text.includes(tool) && text.includes(called)
    } catch (error) {
      if (error instanceof LapidaryError && error.code === 'bad_data') return false
      throw error
    }
  }

  /**
   * @param tools functions that the model may call; of a template that does not know any, nothing comes of them
   * @throws LapidaryError `bad_data` with the template's own words where it refuses the conversation, `bad_model` where it does
   * not come to an end
   */
  render(messages: readonly Message[], addGenerationPrompt = false, tools: readonly Tool[] = []): string {
    const given = messages.map((message) => held(turnOf(message)) as Record<string, unknown>)
    const characters = sizeOf(messages) + sizeOf(tools)
    const items = {
      ...this.#tokens,
      messages: given,
      add_generation_prompt: addGenerationPrompt,
      ...(tools.length > 0 ? { tools: held(tools) } : {}),
    }
    try {
      return renderBounded(this.#program, items, characters).replaceAll(MARK, BOM)
    } catch (error) {
      if (error instanceof TemplateTooLong)
        fail(
          'bad_model',
          `The model's chat template does not come to an end: ${error.message}.`,
          'Use the tokenizer_config.json or chat_template.jinja that came with the model, from where it was published.',
          { field: 'chat_template' },
        )
      fail(
        'bad_data',
        `The model's chat template refuses this conversation: ${reasonOf(error)}`,
        'Turns must alternate: user, assistant, user, assistant; a system turn may come first if the model knows one.',
        { roles: messages.map((message) => message.role).join(', ') },
      )
    }
  }
}

/** A turn as templates take it: OpenAI's form. */
function turnOf({ role, content, calls, name, response }: Message): Record<string, unknown> {
  if (role === 'tool') return { role, name, content: response ?? content }
  if (!calls) return { role, content }
  return {
    role,
    ...(content === '' ? {} : { content }),
    tool_calls: calls.map((call) => ({ type: 'function', function: call })),
  }
}

/** With a mark in place of each byte-order mark. */
function held(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll(BOM, MARK)
  if (Array.isArray(value)) return value.map(held)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [name.replaceAll(BOM, MARK), held(inner)]),
  )
}

/** Characters of all text in a value. */
function sizeOf(value: unknown): number {
  if (typeof value === 'string') return value.length
  if (typeof value !== 'object' || value === null) return 0
  return Object.entries(value).reduce((sum, [name, inner]) => sum + name.length + sizeOf(inner), 0)
}

/** The chat side of a model: its tokenizer, its template, and the token with which it ends a turn. */
export interface ChatTokenizer {
  tokenizer: TextTokenizer
  template: ChatTemplate
  endOfTurn: SpecialToken
  /** With which it ends a call, where its template knows tools. */
  endOfCall: SpecialToken | null
  /** Whether the template came with the model, or is Gemma's own in its place. */
  templateFrom: 'model' | 'gemma'
}

/** What a model may come without, where its tokenizer shows that it is a Gemma's. */
export type ReplacedFile = 'tokenizer_config.json' | 'chat template'

/** What every Gemma's tokenizer_config.json says of a text's beginning, end and spaces (huggingface.co/google/gemma-3-270m-it). */
const GEMMA_SETTINGS = {
  add_bos_token: true,
  add_eos_token: false,
  bos_token: '<bos>',
  eos_token: '<eos>',
  pad_token: '<pad>',
  unk_token: '<unk>',
  clean_up_tokenization_spaces: false,
  spaces_between_special_tokens: false,
  tokenizer_class: 'GemmaTokenizer',
}

/** Files that a model came without, whose place Gemma's own takes. */
export async function replacedFiles(
  files: ReadonlyMap<string, ByteSource>,
  signal?: AbortSignal,
): Promise<ReplacedFile[]> {
  const config = files.get('tokenizer_config.json')
  const templated =
    files.has('chat_template.jinja') ||
    (config && configTemplate(await readJson(config, 'tokenizer_config.json', signal)) !== null)
  return [
    ...(config ? [] : ['tokenizer_config.json' as const]),
    ...(templated ? [] : ['chat template' as const]),
  ]
}

/**
 * Opens the tokenizer among a model folder's files.
 * @param table what is kept of its tokenizer.json, which is not read then
 * @throws LapidaryError `missing_file`, `bad_file`, `bad_model`.
 */
export async function openChatTokenizer(
  files: ReadonlyMap<string, ByteSource>,
  signal?: AbortSignal,
  table: TokenizerTable | null = null,
): Promise<ChatTokenizer> {
  const json = files.get('tokenizer.json')
  if (!json)
    fail(
      'missing_file',
      'There is no tokenizer.json among the chosen files.',
      'Choose the whole model folder: config.json, tokenizer.json and the *.safetensors files.',
      { expected: 'tokenizer.json' },
    )
  const configFile = files.get('tokenizer_config.json')
  const templateFile = files.get('chat_template.jinja')
  const config = configFile ? await readJson(configFile, 'tokenizer_config.json', signal) : GEMMA_SETTINGS
  const template = templateFile ? await readText(templateFile, 'chat_template.jinja', signal) : null
  const parsed = table ?? (await readJson(json, 'tokenizer.json', signal))
  if (!configFile) checkIsGemma(new TextTokenizer(parsed, config))
  return chatTokenizer(parsed, config, template)
}

/** @throws LapidaryError `missing_file` where Gemma's settings say nothing of a tokenizer */
function checkIsGemma(tokenizer: TextTokenizer): void {
  for (const token of [tokenizer.bos, tokenizer.eos])
    if (!token || !tokenizer.isAdded(token.id))
      fail(
        'missing_file',
        "There is no tokenizer_config.json, and this tokenizer's words are not Gemma's, which would say as much: it has no <bos> and <eos>.",
        'Take tokenizer_config.json from where the model was published, and choose it with the other files.',
        { expected: 'tokenizer_config.json' },
      )
}

/** The same from parsed files, or what is kept of the first; `template` is the text of chat_template.jinja, which wins over the config's. */
export function chatTokenizer(
  tokenizerJson: unknown,
  tokenizerConfig: unknown,
  template: string | null = null,
): ChatTokenizer {
  const tokenizer = new TextTokenizer(tokenizerJson, tokenizerConfig)
  const own = template ?? configTemplate(tokenizerConfig)
  const chat = new ChatTemplate(own ?? standIn(tokenizer), tokenizer)
  return {
    tokenizer,
    template: chat,
    endOfTurn: findEndOfTurn(tokenizer, chat),
    endOfCall: chat.knowsTools ? findEndOfCall(tokenizer, chat) : null,
    templateFrom: own === null ? 'gemma' : 'model',
  }
}

/** Holds a chat tokenizer against a model's config. @throws LapidaryError `bad_model`. */
export function checkChatTokenizer(chat: ChatTokenizer, model: ModelConfig): void {
  checkTokenizer(chat.tokenizer, model)
  if (chat.endOfTurn.id >= model.vocabSize)
    fail(
      'bad_model',
      `The tokenizer's ${chat.endOfTurn.text} is number ${chat.endOfTurn.id}, beyond the model's ${model.vocabSize} words.`,
      'Take tokenizer.json and config.json from the same model.',
      { token: chat.endOfTurn.text, found: chat.endOfTurn.id, expected: model.vocabSize },
    )
}

/** Tokens at which an answer ends: the model's own, and the end of a turn or of a call. */
export function stopTokens(chat: ChatTokenizer, model: ModelConfig): number[] {
  const ends = chat.endOfCall ? [chat.endOfTurn.id, chat.endOfCall.id] : [chat.endOfTurn.id]
  return [...new Set([...model.eosTokenIds, ...ends])]
}

/** Gemma's own template, by what its tokenizer has words for. */
function standIn(tokenizer: TextTokenizer): string {
  const calls = FUNCTION_WORDS.every((word) => {
    const ids = tokenizer.encode(word)
    return ids.length === 1 && tokenizer.isAdded(ids[0]!)
  })
  return calls ? FUNCTION_GEMMA_TEMPLATE : GEMMA_TEMPLATE
}

/** `chat_template` is one text, or a list of them by name. */
function configTemplate(config: unknown): string | null {
  const value =
    typeof config === 'object' && config !== null && 'chat_template' in config ? config.chat_template : null
  if (typeof value === 'string') return value
  if (!Array.isArray(value)) return null
  const named = value.find((entry) => entry?.name === 'default') ?? value[0]
  return typeof named?.template === 'string' ? named.template : null
}

/** The token right after an answer: what the template puts there, whatever its name. */
function findEndOfTurn(tokenizer: TextTokenizer, template: ChatTemplate): SpecialToken {
  const [question, answer] = ['agate', 'lapidary']
  const text = firstTurns(template, [
    { role: 'user', content: question },
    { role: 'assistant', content: answer },
  ])
  if (!text.includes(question) || !text.includes(answer))
    fail(
      'bad_model',
      "The model's chat template leaves out what is asked or answered.",
      'Use the tokenizer_config.json or chat_template.jinja that came with the model.',
      { field: 'chat_template' },
    )
  const rest = tokenizer.encode(text.slice(text.lastIndexOf(answer) + answer.length).trimStart())
  const id = rest[0]
  if (id === undefined || !tokenizer.isAdded(id))
    fail(
      'bad_model',
      'The tokenizer has no token that ends a turn (Gemma: <end_of_turn>), so an answer would never stop.',
      'Take tokenizer.json and tokenizer_config.json from the same Gemma.',
      { token: '<end_of_turn>' },
    )
  return { text: tokenizer.tokenText(id), id }
}

/** The last token that a template puts behind a call, where it is an added one: the model writes it and waits. */
function findEndOfCall(tokenizer: TextTokenizer, template: ChatTemplate): SpecialToken | null {
  const calls = [{ name: 'agate', arguments: {} }]
  const text = template.render([
    { role: 'user', content: 'lapidary' },
    { role: 'assistant', content: '', calls },
  ])
  const id = tokenizer.encode(text.trimEnd()).at(-1)
  return id !== undefined && tokenizer.isAdded(id) ? { text: tokenizer.tokenText(id), id } : null
}

/** A template that refuses a question and its answer is none for conversations, whatever it says of them. */
function firstTurns(template: ChatTemplate, turns: Message[]): string {
  try {
    return template.render(turns)
  } catch (error) {
    if (!(error instanceof LapidaryError && error.code === 'bad_data')) throw error
    return fail(
      'bad_model',
      `The model's chat template does not take a question and its answer: ${error.message.replace(/^[^:]*: /, '')}`,
      'Use the tokenizer_config.json or chat_template.jinja that came with the model.',
      { field: 'chat_template' },
    )
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
