import { ggufFormat } from '../gguf.ts'

export default ggufFormat(
  'Q4_0',
  'The whole model in one file, in 4 bits (the words’ own matrix in 8): the smallest, and answers may differ from those seen here.',
)
