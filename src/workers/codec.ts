import type { ChatCodec } from '../generate/chat.ts'
import type { ModelConfig } from '../protocol/model.ts'
import { type ChatTokenizer, stopTokens } from '../tokens/chat.ts'
import { TokenStream } from '../tokens/tokenizer.ts'

/** A model's tokenizer and chat template as sampling wants them. The template writes `<bos>` itself. */
export function chatCodec(chat: ChatTokenizer, model: ModelConfig): ChatCodec {
  return {
    render: (prompt) =>
      chat.tokenizer.encode(chat.template.render([{ role: 'user', content: prompt }], true)),
    stream: () => new TokenStream(chat.tokenizer),
    stopTokens: stopTokens(chat, model),
  }
}
