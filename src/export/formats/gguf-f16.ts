import { ggufFormat } from '../gguf.ts'

export default ggufFormat(
  'F16',
  'The whole model in one file, in float16, for machines that are slow in bfloat16.',
)
