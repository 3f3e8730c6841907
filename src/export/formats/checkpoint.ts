import { blobFile } from '../../protocol/exported.ts'
import { jsonFile } from '../model-files.ts'
import { type Exporter, templateFile } from '../source.ts'

/** The file that describes the checkpoint comes last: written in order, a crash leaves the old one. */
export default {
  name: 'Checkpoint',
  about: 'Adapter and optimizer as they were at that step: the command line goes on from it with --resume.',
  for: ['lapidary'],
  async files(source) {
    const { step, meta, tensors } = source
    const name = `step-${step}.safetensors`
    const json = `${JSON.stringify({ ...meta, tensors: name }, null, 2)}\n`
    return [
      ...templateFile(source),
      ...(source.proof ? [jsonFile('proof.json', source.proof)] : []),
      blobFile(name, await tensors()),
      blobFile('checkpoint.json', new Blob([json], { type: 'application/json' })),
    ]
  },
} satisfies Exporter
