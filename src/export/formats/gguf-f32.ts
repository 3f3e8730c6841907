import { ggufFormat } from '../gguf.ts'

export default ggufFormat(
  'F32',
  'The whole model in one file, in float32: twice as large, and nothing is rounded.',
)
