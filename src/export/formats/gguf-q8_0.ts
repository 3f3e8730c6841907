import { ggufFormat } from '../gguf.ts'

export default ggufFormat(
  'Q8_0',
  'The whole model in one file, in 8 bits: half the size of 16 bits, and hardly any loss.',
)
