import { blobFile } from '../../protocol/exported.ts'
import { peftFiles } from '../peft.ts'
import type { Exporter } from '../source.ts'

export default {
  name: 'Adapter (PEFT)',
  about: 'The weights that were learnt. Loads with PEFT: PeftModel.from_pretrained(base, folder).',
  async files(source) {
    const { config, baseModel, step } = source
    const [lora, events] = [await source.lora(), await source.events()]
    const files = await peftFiles({ lora, config, baseModel, step, events })
    return files.map(({ path, blob }) => blobFile(path, blob))
  },
} satisfies Exporter
