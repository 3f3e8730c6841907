import { type ByteSource, readJson, readText } from '../files/bytes.ts'
import { fail } from '../protocol/errors.ts'
import type { ModelConfig } from '../protocol/model.ts'
import type { Message } from '../protocol/tokens.ts'
import { parseTemplate, renderBounded, TemplateTooLong } from './bounded-template.ts'
import { checkTokenizer, type SpecialToken, TextTokenizer } from './tokenizer.ts'

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

  /**
   * @throws LapidaryError `bad_data` with the template's own words where it refuses the conversation, `bad_model` where it does
   * not come to an end
   */
  render(messages: readonly Message[], addGenerationPrompt = false): string {
    const given = messages.map(({ role, content }) => ({ role, content: content.replaceAll(BOM, MARK) }))
    const characters = given.reduce((sum, { content }) => sum + content.length, 0)
    const items = { ...this.#tokens, messages: given, add_generation_prompt: addGenerationPrompt }
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

/** The chat side of a model: its tokenizer, its template, and the token with which it ends a turn. */
export interface ChatTokenizer {
  tokenizer: TextTokenizer
  template: ChatTemplate
  endOfTurn: SpecialToken
  /** Whether the template came with the model, or is Gemma's own in its place. */
  templateFrom: 'model' | 'gemma'
}

/**
 * Opens the tokenizer among a model folder's files.
 * @throws LapidaryError `missing_file`, `bad_file`, `bad_model`.
 */
export async function openChatTokenizer(
  files: ReadonlyMap<string, ByteSource>,
  signal?: AbortSignal,
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
  const config = configFile ? await readJson(configFile, 'tokenizer_config.json', signal) : {}
  const template = templateFile ? await readText(templateFile, 'chat_template.jinja', signal) : null
  return chatTokenizer(await readJson(json, 'tokenizer.json', signal), config, template)
}

/** The same from parsed files; `template` is the text of chat_template.jinja, which wins over the config's. */
export function chatTokenizer(
  tokenizerJson: unknown,
  tokenizerConfig: unknown,
  template: string | null = null,
): ChatTokenizer {
  const tokenizer = new TextTokenizer(tokenizerJson, tokenizerConfig)
  const own = template ?? configTemplate(tokenizerConfig)
  const chat = new ChatTemplate(own ?? GEMMA_TEMPLATE, tokenizer)
  return {
    tokenizer,
    template: chat,
    endOfTurn: findEndOfTurn(tokenizer, chat),
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

/** Tokens at which an answer ends: the model's own, and the end of a turn. */
export function stopTokens(chat: ChatTokenizer, model: ModelConfig): number[] {
  return [...new Set([...model.eosTokenIds, chat.endOfTurn.id])]
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
  const text = template.render([
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

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
