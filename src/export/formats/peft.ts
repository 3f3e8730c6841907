import { blobFile } from '../../protocol/exported.ts'
import { baseOf } from '../base.ts'
import { peftFiles } from '../peft.ts'
import { type Exporter, templateFile } from '../source.ts'
import { EXACT } from '../tolerance.ts'

export default {
  name: 'Adapter (PEFT)',
  about:
    'The weights that were learnt, for PEFT; README.md has the lines that load them, chat_template.jinja is the form that it was trained in. A base model that is not on the Hugging Face Hub lies beside them.',
  for: ['transformers', 'server', 'hub'],
  check: { checker: ['peft', 'words'], nats: 0.001, reason: EXACT, onStoredBase: true },
  async files(source) {
    const { config, baseModel, step } = source
    const [lora, events] = [await source.lora(), await source.events()]
    const base = await baseOf(source)
    const files = await peftFiles({ lora, config, baseModel, base, step, events })
    return [...files.map(({ path, blob }) => blobFile(path, blob)), ...templateFile(source), ...base.files]
  },
} satisfies Exporter
