import { namedOf } from '../../model/lora.ts'
import { baseOf } from '../base.ts'
import { noticeFiles } from '../model-files.ts'
import { snippetReadme } from '../snippets.ts'
import type { Exporter } from '../source.ts'
import { EXACT, ROUNDED } from '../tolerance.ts'
import { torchFile } from '../torch-file.ts'

export default {
  name: 'Adapter (PyTorch)',
  about:
    'The weights that were learnt as one state dict under PEFT’s names: torch.load("adapter.pt", weights_only=True).',
  for: ['torch'],
  check: { checker: ['torch-file', 'words'], nats: ROUNDED.F32, reason: EXACT, onStoredBase: true },
  async files(source, { signal }) {
    const [lora, base, model] = [await source.lora(), await baseOf(source), await source.model()]
    const tensors = Object.entries(lora).map(([name, { shape, data }]) => ({
      name: namedOf(base.multimodal === true, name),
      dtype: 'F32' as const,
      shape,
      async *pieces() {
        signal?.throwIfAborted()
        yield new Uint8Array(data.slice().buffer)
      },
    }))
    return [
      await snippetReadme(
        source,
        'pt',
        'The weights that were learnt, as one state dict of PyTorch under PEFT’s names.',
      ),
      ...noticeFiles(model),
      torchFile('adapter.pt', tensors),
    ]
  },
} satisfies Exporter
