import { shownAddress } from '../../lib/address.ts'
import { fail } from '../../protocol/errors.ts'
import { approve } from '../../protocol/gate.ts'
import { HUB_ENDPOINT } from '../../protocol/model-address.ts'
import type { ModelAddress } from '../../protocol/studio.ts'
import { allAtUrl } from './find-at-url.ts'
import type { FindOptions, Found } from './found.ts'
import { openRepository } from './repository.ts'

/** Of an adapter in PEFT's layout. */
export const ADAPTER_FILES = ['adapter_config.json', 'adapter_model.safetensors'] as const

/**
 * An adapter in PEFT's layout, on a hub or in a folder of any server; or a LoRA `.gguf` of a hub.
 * @throws LapidaryError as `ModelRoom.lookUp`; `missing_file` where it is none
 */
export async function findAdapter(address: ModelAddress, options: FindOptions = {}): Promise<Found> {
  approve(address.kind === 'hub' ? (address.endpoint ?? HUB_ENDPOINT) : address.address)
  if (address.kind === 'url') {
    const bare = shownAddress(address.address)
    return {
      remote: { address, name: bare, licence: null, gated: false },
      files: await allAtUrl(ADAPTER_FILES, address.address, options),
      origin: { kind: 'url', address: bare },
    }
  }
  const repository = await openRepository(address, options)
  const { repo, endpoint, commit, licence, gated, name } = repository
  // A LoRA in GGUF is named with the repository that it lies in.
  const { file: gguf } = address
  const files = (gguf === undefined ? ADAPTER_FILES : [gguf]).map((wanted) => {
    const file = repository.files.find(({ path }) => path === wanted)
    if (file) return repository.file(file, wanted.replace(/^.*\//, ''))
    if (gguf !== undefined)
      return fail('missing_file', `${repo} has no file ${gguf}.`, 'Look for its name on its page.', {
        expected: gguf,
      })
    const whole = repository.files.some(({ path }) => path === 'config.json')
    return fail(
      'missing_file',
      `${repo} has no ${wanted}.`,
      whole
        ? 'It is a model, not an adapter: choose it as the model instead.'
        : "Name a repository with an adapter in PEFT's layout: adapter_config.json and adapter_model.safetensors.",
      { repo, expected: wanted },
    )
  })
  return {
    remote: {
      address: { ...repository.address, ...(gguf === undefined ? {} : { file: gguf }) },
      name,
      licence,
      gated,
    },
    files,
    origin: { kind: 'hub', repo, commit, endpoint },
  }
}
