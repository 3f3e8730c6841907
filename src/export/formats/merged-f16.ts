import { mergedFormat } from '../merged-folder.ts'

export default mergedFormat('F16', 'The whole model in float16, for machines that do not know bfloat16.')
