import { ggufFormat } from '../gguf.ts'

export default ggufFormat('Q8_0', 'The same in 8 bits: half the size of BF16, and hardly any loss.')
