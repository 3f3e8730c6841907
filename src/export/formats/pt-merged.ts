import { namedTensors } from '../merged-folder.ts'
import { encodedTensor } from '../merged-weights.ts'
import { noticeFiles } from '../model-files.ts'
import { snippetReadme } from '../snippets.ts'
import type { Exporter } from '../source.ts'
import { roundedTo } from '../tolerance.ts'
import { torchFile } from '../torch-file.ts'

export default {
  name: 'Merged model (PyTorch)',
  about:
    'The whole model with what was learnt in its weights, as one state dict in bfloat16: torch.load("model.pt", weights_only=True).',
  for: ['torch'],
  check: { checker: ['torch-file', 'words'], ...roundedTo('BF16') },
  async files(source, { signal }) {
    const base = await source.model()
    const named = await namedTensors(source, base)
    const tensors = [...named].map(([name, { source: weights, from, shape }]) => ({
      name,
      dtype: 'BF16' as const,
      shape,
      pieces: () => encodedTensor(weights, from, 'BF16', { signal }),
    }))
    return [
      await snippetReadme(
        source,
        'pt-merged',
        'The whole model with what was learnt in its weights, as one state dict of PyTorch in bfloat16.',
      ),
      ...noticeFiles(base),
      torchFile('model.pt', tensors),
    ]
  },
} satisfies Exporter
