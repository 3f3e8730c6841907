import type { ExportedFile } from '../../protocol/studio.ts'
import { hdf5File } from '../h5.ts'
import { kerasConfig, kerasTensors } from '../keras-hub.ts'
import { namedTensors } from '../merged-folder.ts'
import { encodedTensor, mergedWeights } from '../merged-weights.ts'
import { jsonFile, noticeFiles, roundedBase, tokenizerFiles } from '../model-files.ts'
import { snippetReadme } from '../snippets.ts'
import type { Exporter } from '../source.ts'
import { roundedTo } from '../tolerance.ts'

export default {
  name: 'Merged model (Keras, HDF5)',
  about:
    'The whole model with what was learnt in its weights, in float32, as KerasHub loads it: keras_hub.models.Backbone.from_preset(FOLDER). A model that KerasHub would compute otherwise, such as the practice model, is one HDF5 file of its tensors under their own names.',
  for: ['keras'],
  check: { checker: ['hdf5', 'words'], ...roundedTo('F32') },
  async files(source, { signal }) {
    const base = await source.model()
    const keras = kerasConfig(base.config)
    const rounded = await roundedBase(source, base)
    const told: Record<string, string> = rounded === '' ? {} : { description: rounded }
    const about =
      keras === null
        ? 'The whole model with what was learnt in its weights, as one HDF5 file of tensors in float32 under Transformers’ names: KerasHub has no model that computes the same.'
        : 'The whole model with what was learnt in its weights, in float32, as KerasHub loads it.'
    const beside = [
      await snippetReadme(source, 'h5-merged', about),
      ...noticeFiles(base),
      ...(await tokenizerFiles(source, base)).map(inTokenizer),
    ]
    if (keras === null) {
      const tensors = [...(await namedTensors(source, base))].map(
        ([name, { source: weights, from, shape }]) => ({
          name,
          dtype: 'F32' as const,
          shape,
          pieces: () => encodedTensor(weights, from, 'F32', { signal }),
        }),
      )
      return [...beside, hdf5File('model.h5', tensors, { '': { ...told, layout: 'state dict' } })]
    }
    const merged = mergedWeights(base.config, await base.weights(), source.config.lora, await source.lora())
    return [
      ...beside,
      jsonFile('config.json', keras),
      hdf5File('model.weights.h5', kerasTensors(base.config, merged, signal), {
        '': { ...told, layout: 'KerasHub' },
      }),
    ]
  },
} satisfies Exporter

/** KerasHub means something else by `tokenizer.json` beside the weights. */
const inTokenizer = (file: ExportedFile): ExportedFile => ({ ...file, path: `tokenizer/${file.path}` })
