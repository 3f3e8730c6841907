import { blobSource } from '../files/bytes.ts'
import { type ZipEntry, zipEntries } from '../files/zip.ts'
import { readAdapterConfig } from '../model/adapter-config.ts'
import { fail } from '../protocol/errors.ts'
import type { AdapterFiles, Call, OpenedAdapter } from '../protocol/studio.ts'
import { configObject } from '../runs/config-text.ts'
import { adapterHash, adapterOfGguf } from './adapter-files.ts'
import { ADAPTER_FILES } from './adapter-folder.ts'
import { isGguf } from './gguf-names.ts'
import type { Library } from './library.ts'
import { adapterOfFiles } from './start-from.ts'

const TEMPLATE = 'chat_template.jinja'
const HINT =
  'Choose the folder of an adapter (adapter_config.json and adapter_model.safetensors), a .zip of it as the Export page makes one, or a LoRA .gguf.'
/** A config of more than this is none. */
const MOST_CONFIG = 2 ** 20

/**
 * An adapter of files that a person chose, held against the model that a run is to train.
 * @param name what it is called: its folder, or its one file
 * @throws LapidaryError `missing_file` where there is no adapter among them; `bad_file`; `bad_config` for one of another kind than LoRA;
 * `missing_tensor`, `bad_model` or `bad_state` where it was made for another base, naming that
 */
export async function openAdapterFiles(
  library: Pick<Library, 'open'>,
  files: readonly File[],
  name: string,
  model: string,
  call: Call = {},
): Promise<OpenedAdapter> {
  const given = await adapterOf(files, name, call.signal)
  const { lora } = readAdapterConfig(given.config)
  const weights = await adapterOfFiles(name, { lora }, await library.open(model, call), given)
  return { name, hash: adapterHash(weights), lora, files: given }
}

async function adapterOf(files: readonly File[], name: string, signal?: AbortSignal): Promise<AdapterFiles> {
  const ggufs = files.filter((file) => isGguf(file.name))
  const [config, tensors] = ADAPTER_FILES.map((wanted) => files.find((file) => file.name === wanted))
  if (config && tensors) {
    const template = files.find((file) => file.name === TEMPLATE)
    return peft(config, tensors, template)
  }
  const zip = files.find((file) => /\.zip$/i.test(file.name))
  if (zip) return zipped(zip, signal)
  if (ggufs.length === 1) return adapterOfGguf(blobSource(ggufs[0]!), ggufs[0]!.name, signal)
  const missing = ADAPTER_FILES.filter((wanted) => !files.some((file) => file.name === wanted))
  return fail('missing_file', `There is no ${missing.join(' and no ')} in ${name}.`, HINT, {
    file: name,
    expected: missing.join(', '),
  })
}

async function peft(config: Blob, tensors: Blob, template: Blob | undefined): Promise<AdapterFiles> {
  return {
    config: configObject(new Uint8Array(await config.arrayBuffer()), ADAPTER_FILES[0]),
    tensors,
    ...(template && { template: await template.text() }),
  }
}

/** The adapter in a zip that lies least deep. */
async function zipped(file: File, signal?: AbortSignal): Promise<AdapterFiles> {
  const entries = await zipEntries(blobSource(file), file.name, signal)
  const depth = ({ name }: ZipEntry) => name.split('/').length
  const [found] = entries
    .filter(({ name }) => name.split('/').at(-1) === ADAPTER_FILES[0])
    .sort((a, b) => depth(a) - depth(b))
  const folder = found?.name.slice(0, -ADAPTER_FILES[0].length)
  const at = (name: string) => entries.find((entry) => entry.name === `${folder}${name}`)
  const tensors = at(ADAPTER_FILES[1])
  if (!found || !tensors)
    fail(
      'missing_file',
      `There is no ${found ? ADAPTER_FILES[1] : ADAPTER_FILES[0]} in ${file.name}.`,
      HINT,
      {
        file: file.name,
      },
    )
  const template = at(TEMPLATE)
  return peft(
    await blobOfEntry(found, signal, MOST_CONFIG),
    await blobOfEntry(tensors, signal),
    template && (await blobOfEntry(template, signal, MOST_CONFIG)),
  )
}

async function blobOfEntry(
  entry: ZipEntry,
  signal?: AbortSignal,
  most = Number.POSITIVE_INFINITY,
): Promise<Blob> {
  if (entry.size > most)
    fail('bad_file', `${entry.name} is too large to be what it is called.`, HINT, { file: entry.name })
  const parts: Blob[] = []
  for await (const piece of entry.stream(signal)) parts.push(new Blob([new Uint8Array(piece)]))
  return new Blob(parts)
}
