import type { RepositoryFile } from '../../files/hub.ts'
import { readWeightIndex } from '../../files/weights.ts'
import type { HubModelAddress } from '../../protocol/model-address.ts'
import { ggufStem } from '../gguf-names.ts'
import { chooseFiles, indexedFiles, WEIGHT_INDEX } from './choose-files.ts'
import type { FindOptions, FoundFile, FoundModel } from './found.ts'
import { remoteConfig, smallFile } from './remote-config.ts'
import { isRefusal, openRepository } from './repository.ts'

/** @throws LapidaryError as `ModelRoom.lookUp` */
export async function findOnHub(asked: HubModelAddress, options: FindOptions): Promise<FoundModel> {
  const repository = await openRepository(asked, options)
  const { repo, endpoint, commit, info, licence, gated } = repository
  const chosen = chooseFiles(repository.files, asked.file, repo)
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
