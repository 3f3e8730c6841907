import { mergedFormat } from '../merged-folder.ts'

export default mergedFormat(
  'BF16',
  'The whole model with what was learnt in its weights, in bfloat16, as Transformers, vLLM and others load it; needs no adapter beside it.',
)
