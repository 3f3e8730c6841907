import { ggufFormat } from '../gguf.ts'

export default ggufFormat(
  'BF16',
  'The whole model in one file with tokenizer and chat template, for llama.cpp, LM Studio and Ollama, whose Modelfile lies beside it.',
)
