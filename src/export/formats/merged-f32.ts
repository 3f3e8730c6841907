import { mergedFormat } from '../merged-folder.ts'

export default mergedFormat('F32', 'The whole model in float32: twice as large, and nothing is rounded.')
