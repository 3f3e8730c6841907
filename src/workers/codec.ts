import type { ChatCodec } from '../generate/chat.ts'
import type { Asked } from '../protocol/events.ts'
import type { ModelConfig } from '../protocol/model.ts'
import { type Message, saidIn } from '../protocol/tokens.ts'
import { readCallsIn } from '../tokens/calls.ts'
import { type ChatTokenizer, stopTokens } from '../tokens/chat.ts'
import { TokenStream } from '../tokens/tokenizer.ts'

/** A model's tokenizer and chat template as sampling wants them. The template writes `<bos>` itself. */
export function chatCodec(chat: ChatTokenizer, model: ModelConfig): ChatCodec {
  const { knowsTools } = chat.template
  const said = (text: string) => {
    const read = readCallsIn(text)
    return saidIn({ content: read.text, calls: read.calls })
  }
  return {
    render: (asked) => chat.tokenizer.encode(renderAsked(chat, asked)),
    // What marks a call may be special words.
    stream: () => new TokenStream(chat.tokenizer, { skipSpecial: !knowsTools }),
    stopTokens: stopTokens(chat, model),
    ...(knowsTools ? { read: said } : {}),
  }
}

function renderAsked({ template }: ChatTokenizer, asked: Asked): string {
  const {
    prompt,
    system,
    tools,
    before = [],
  }: Exclude<Asked, string> = typeof asked === 'string' ? { prompt: asked } : asked
  const first: Message[] = system ? [{ role: 'system', content: system }] : []
  return template.render([...first, ...before, { role: 'user', content: prompt }], true, tools)
}
