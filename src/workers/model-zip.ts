import { type ByteSource, blobSource, readJson } from '../files/bytes.ts'
import { type ZipEntry, zipEntries } from '../files/zip.ts'
import { fail } from '../protocol/errors.ts'
import { ADAPTER_FILES, refuseAsModel } from './adapter-folder.ts'
import { isGguf } from './gguf-names.ts'

const CONFIG = 'config.json'

/**
 * The files of the model in a zip that lies the least deep, as the studio saves one. What is stored in it is read where it lies; what is
 * packed is unpacked. Everything is held against the zip's check sums.
 * @throws LapidaryError `missing_file` where there is no model in it, `bad_file`, `unsupported_format`
 */
export async function modelOfZip(
  source: ByteSource,
  name: string,
  signal?: AbortSignal,
): Promise<Map<string, ByteSource>> {
  const entries = await zipEntries(source, name, signal)
  const [first] = entries
    .filter((entry) => baseOf(entry) === CONFIG || isGguf(entry.name))
    .sort((a, b) => depthOf(a) - depthOf(b) || Number(isGguf(a.name)) - Number(isGguf(b.name)))
  const adapter = first ? undefined : entries.find((entry) => baseOf(entry) === ADAPTER_FILES[0])
  if (adapter)
    refuseAsModel(name, await readJson(await opened(source, adapter, signal), ADAPTER_FILES[0], signal))
  if (!first)
    fail(
      'missing_file',
      `There is no model in ${name}: no ${CONFIG}, and no .gguf file.`,
      'Choose the zip of a whole model folder, as the Model page saves one.',
      { file: name, expected: CONFIG },
    )
  const folder = first.name.slice(0, first.name.length - baseOf(first).length)
  const files = new Map<string, ByteSource>()
  for (const entry of entries)
    if (entry.name === folder + baseOf(entry)) files.set(baseOf(entry), await opened(source, entry, signal))
  return files
}

async function opened(source: ByteSource, entry: ZipEntry, signal?: AbortSignal): Promise<ByteSource> {
  const place = await entry.place(signal)
  const parts: Blob[] = []
  // A stick that is pulled out too early leaves the right length.
  for await (const piece of entry.stream(signal)) if (!place) parts.push(new Blob([new Uint8Array(piece)]))
  if (!place) return blobSource(new Blob(parts))
  return {
    size: entry.size,
    read: (start, end, ...rest) =>
      start >= 0 && start <= end && end <= entry.size
        ? source.read(place.start + start, place.start + end, ...rest)
        : fail(
            'bad_file',
            `${entry.name} ends at byte ${entry.size}, but bytes ${start} to ${end} were needed.`,
            'It was probably cut off before it was put into the zip; fetch it again.',
            { start, end, size: entry.size },
          ),
  }
}

const baseOf = ({ name }: ZipEntry) => name.slice(name.lastIndexOf('/') + 1)
const depthOf = ({ name }: ZipEntry) => name.split('/').length
