import { readJson } from '../../files/bytes.ts'
import type { RepositoryFile } from '../../files/hub.ts'
import { readWeightIndex } from '../../files/weights.ts'
import type { HubModelAddress } from '../../protocol/model-address.ts'
import { ADAPTER_FILES, isAdapterFolder, refuseAsModel } from '../adapter-folder.ts'
import { ggufStem } from '../gguf-names.ts'
import { chooseFiles, indexedFiles, WEIGHT_INDEX } from './choose-files.ts'
import type { FindOptions, FoundFile, FoundModel } from './found.ts'
import { remoteConfig, smallFile } from './remote-config.ts'
import { isRefusal, openRepository, type Repository } from './repository.ts'

/** @throws LapidaryError as `ModelRoom.lookUp` */
export async function findOnHub(asked: HubModelAddress, options: FindOptions): Promise<FoundModel> {
  const repository = await openRepository(asked, options)
  const { repo, endpoint, commit, info, licence, gated } = repository
  await checkIsModel(repository, asked, options)
  const chosen = chooseFiles(repository.files, asked, repo)
  const found = (file: RepositoryFile) => repository.file(file, file.path.replace(/^.*\//, ''))
  let readable = true
  let facts: Awaited<ReturnType<typeof remoteConfig>> | null = null
  let files = chosen.files
  try {
    if (chosen.format === 'safetensors' && chosen.indexed) files = await ofIndex(files, repo, found, options)
    facts = await remoteConfig(files.map(found), options)
  } catch (error) {
    if (!gated || !isRefusal(error)) throw error
    readable = false
  }
  const total = Number((chosen.format === 'gguf' ? info.gguf : info.safetensors)?.total ?? Number.NaN)
  const bytes = files.reduce((sum, { size }) => sum + size, 0)
  const file = chosen.format === 'gguf' ? { file: chosen.file } : {}
  return {
    remote: {
      address: { ...repository.address, ...file },
      // Another file is another model.
      name: 'file' in file ? `${repository.name} ${ggufStem(found(files[0]!).name)}` : repository.name,
      files: files.map(({ path, size, sha256 }) => ({ name: path, size, sha256: sha256 ?? null })),
      bytes,
      keeps: facts?.keeps ?? bytes,
      config: facts?.config ?? null,
      parameters: facts?.parameters ?? (Number.isFinite(total) ? total : null),
      licence,
      gated,
      readable,
      format: chosen.format,
      ...(chosen.format === 'gguf' && chosen.ggufs.length > 1 ? { ggufs: chosen.ggufs } : {}),
    },
    files: files.map(found),
    origin: { kind: 'hub', repo, commit, endpoint, ...file },
  }
}

/** @throws LapidaryError `unsupported_model` where all that there is is an adapter */
async function checkIsModel(
  { repo, files, gated, file }: Repository,
  asked: HubModelAddress,
  options: FindOptions,
): Promise<void> {
  if (asked.file ?? asked.quant) return
  const top = files.filter(({ path }) => !path.includes('/'))
  if (!isAdapterFolder(top.map(({ path }) => path))) return
  const config = top.find(({ path }) => path === ADAPTER_FILES[0])
  const read = config
    ? smallFile(file(config, config.path), options).then((source) =>
        readJson(source, config.path, options.signal),
      )
    : Promise.resolve(null)
  refuseAsModel(
    repo,
    await read.catch((error: unknown) => {
      // That it is one can be seen without an account.
      if (gated && isRefusal(error)) return null
      throw error
    }),
  )
}

async function ofIndex(
  files: RepositoryFile[],
  repo: string,
  found: (file: RepositoryFile) => FoundFile,
  options: FindOptions,
): Promise<RepositoryFile[]> {
  const index = files.find(({ path }) => path === WEIGHT_INDEX)!
  const source = await smallFile(found(index), options)
  return indexedFiles(files, await readWeightIndex(source, options.signal), repo)
}
