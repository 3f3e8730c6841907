import { adapterFolder } from '../peft.ts'
import type { Exporter } from '../source.ts'
import { EXACT } from '../tolerance.ts'

export default {
  name: 'Adapter (PEFT)',
  about:
    'The weights that were learnt, for PEFT; README.md has the lines that load them, chat_template.jinja is the form that it was trained in. A base model that is not on the Hugging Face Hub lies beside them.',
  for: ['transformers', 'server', 'hub', 'lapidary'],
  check: { checker: ['peft', 'words'], nats: 0.001, reason: EXACT, onStoredBase: true },
  files: async (source) => (await adapterFolder(source)).files,
} satisfies Exporter
