import { modelFolder } from '../export/base.ts'
import { noticeFiles } from '../export/model-files.ts'
import { readText } from '../files/bytes.ts'
import { GEMMA_TERMS } from '../model/gemmas.ts'
import { oneFilePack } from '../pack/one-file.ts'
import { type OpenPack, openPackAt, openPackFile, piecesOf } from '../pack/read.ts'
import { type PackParts, packFiles } from '../pack/write.ts'
import { blobFile, blobOf } from '../protocol/exported.ts'
import { PACK_FOLDERS } from '../protocol/pack.ts'
import type { PackContents, PackRequest, PackRoom } from '../protocol/rooms/packs.ts'
import type { Call, ModelInfo } from '../protocol/studio.ts'
import { manifestHash } from '../storage/models.ts'
import type { Library, OpenModel } from './library.ts'
import { roundedFolder } from './rounded-folder.ts'
import { oneFileStudioAt, studioFilesAt } from './studio-files.ts'

/** Where class packs are made and opened: what is in one is foreign, as what is in a model's files. */
export function packRoom(library: () => Library, base: () => string): PackRoom {
  return {
    async make({ form, app, data, model, quantization, ...facts }: PackRequest, call: Call = {}) {
      const parts = {
        ...facts,
        model: model === null ? null : await modelPart(await library().open(model, call), quantization),
        data: data && blobFile(data.name, data),
      }
      if (form === 'html')
        return [await oneFilePack(parts, await oneFileStudioAt(base(), call.signal), manifestHash, call)]
      const studio = app ? await studioFilesAt(base(), call.signal) : null
      return packFiles({ ...parts, app: studio }, manifestHash, call)
    },

    async open(from, known = null, call = {}): Promise<PackContents | null> {
      const opened =
        typeof from === 'string'
          ? await openPackAt(from, known, call)
          : await openPackFile(from, from.name, call)
      if (!opened) return null
      const { id, pack, files } = opened
      const lesson = pack.lesson ? await readText(files.get(pack.lesson)!, pack.lesson, call.signal) : ''
      const data = pack.data ? await dataFile(opened, pack.data.path) : null
      const { model, added } = await modelOf(library(), opened, call)
      return { id, pack, lesson, data, model, added }
    },
  }
}

/** A model as a pack carries it, with the terms that come with a Gemma. */
export async function modelPart(
  {
    info,
    files,
  }: { info: Pick<ModelInfo, 'id' | 'name' | 'practice' | 'licence'> } & Pick<OpenModel, 'files'>,
  quantization: PackRequest['quantization'],
): Promise<PackParts['model']> {
  const held = quantization === null ? files : (await roundedFolder(files, quantization)).files
  const changed =
    quantization === null
      ? 'The files of this folder are as they came.'
      : `The files of weights in this folder were modified: their matrices were rounded to ${quantization}.`
  return {
    id: info.id,
    name: info.name,
    quantization,
    licence: info.practice ? null : (info.licence ?? GEMMA_TERMS),
    files: [...modelFolder(held), ...noticeFiles(info, changed)],
  }
}

async function dataFile({ files }: OpenPack, path: string): Promise<File> {
  const source = files.get(path)!
  const blob = await blobOf({ path, size: source.size, chunks: () => piecesOf(source) })
  return new File([blob], path.slice(PACK_FOLDERS.data.length))
}

async function modelOf(
  library: Library,
  { pack, files }: OpenPack,
  call: Call,
): Promise<Pick<PackContents, 'model' | 'added'>> {
  const { model } = pack
  if (!model) return { model: null, added: false }
  // The practice model is stored when it is first used, and has no hash before that.
  if (model.id === 'pebble') await library.open(model.id, call)
  const here = await library.list()
  const same = here.find(({ hash }) => hash === model.hash)
  if (same && (await library.isWhole(same.id))) return { model: same, added: false }
  const own = [...files].filter(([path]) => path.startsWith(PACK_FOLDERS.model))
  const named = new Map(own.map(([path, source]) => [path.slice(PACK_FOLDERS.model.length), source]))
  const from = { apart: pack.title, ...(model.licence && { licence: model.licence }) }
  const { known, mended: _, asked: _a, ...added } = await library.add(named, model.name, call, from)
  return { model: added, added: !known }
}
