import { writeAdapterConfig } from '../../model/adapter-config.ts'
import { namedOf } from '../../model/lora.ts'
import { baseOf, placeBesides } from '../base.ts'
import { hdf5File } from '../h5.ts'
import { noticeFiles } from '../model-files.ts'
import { snippetReadme } from '../snippets.ts'
import type { Exporter } from '../source.ts'
import { EXACT, ROUNDED } from '../tolerance.ts'

export default {
  name: 'Adapter (HDF5)',
  about:
    'The weights that were learnt as one HDF5 file: a data set of float32 each under PEFT’s name, and PEFT’s adapter_config.json as the file’s attribute of that name.',
  for: ['keras'],
  check: { checker: ['hdf5', 'words'], nats: ROUNDED.F32, reason: EXACT, onStoredBase: true },
  async files(source, { signal }) {
    const [lora, base, model] = [await source.lora(), await baseOf(source), await source.model()]
    const multimodal = base.multimodal === true
    const tensors = Object.entries(lora).map(([name, { shape, data }]) => ({
      name: namedOf(multimodal, name),
      dtype: 'F32' as const,
      shape,
      async *pieces() {
        signal?.throwIfAborted()
        yield new Uint8Array(data.slice().buffer)
      },
    }))
    const config = writeAdapterConfig(source.config.lora, placeBesides(base, source.baseModel), multimodal)
    return [
      await snippetReadme(
        source,
        'h5',
        'The weights that were learnt, as one HDF5 file of tensors under PEFT’s names.',
      ),
      ...noticeFiles(model),
      hdf5File('adapter.h5', tensors, { '': { adapter_config: JSON.stringify(config) } }),
    ]
  },
} satisfies Exporter
