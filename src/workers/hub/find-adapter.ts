import { shownAddress } from '../../lib/address.ts'
import { fail } from '../../protocol/errors.ts'
import type { HubModelAddress } from '../../protocol/model-address.ts'
import type { ModelAddress } from '../../protocol/studio.ts'
import { ADAPTER_FILES } from '../adapter-folder.ts'
import { wherever } from './find.ts'
import { allAtUrl } from './find-at-url.ts'
import type { FindOptions, Found } from './found.ts'
import { openRepository } from './repository.ts'

/**
 * An adapter in PEFT's layout, on a hub or in a folder of any server; or a LoRA `.gguf` of a hub.
 * @throws LapidaryError as `ModelRoom.lookUp`; `missing_file` where it is none
 */
export function findAdapter(address: ModelAddress, options: FindOptions = {}): Promise<Found> {
  return wherever(
    address,
    options,
    (hub) => onHub(hub, options),
    (url) => atUrl(url, options),
  )
}

async function atUrl(address: string, options: FindOptions): Promise<Found> {
  const bare = shownAddress(address)
  return {
    remote: { address: { kind: 'url', address }, name: bare, licence: null, gated: false },
    files: await allAtUrl(ADAPTER_FILES, address, options),
    origin: { kind: 'url', address: bare },
  }
}

async function onHub(address: HubModelAddress, options: FindOptions): Promise<Found> {
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
