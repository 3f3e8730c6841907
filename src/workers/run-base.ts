import { fail } from '../protocol/errors.ts'
import type { Call, LackedModel } from '../protocol/studio.ts'
import type { RunRecord } from '../runs/record.ts'
import type { Database, StoredDataset, StoredModel } from '../storage/database.ts'
import type { Library, OpenModel } from './library.ts'
import { BUNDLED } from './model-names.ts'

interface Parts {
  database(): Promise<Database>
  library(): Promise<Library>
}

/** The base of a run among the models that are stored: the id that it has here, and where it is not here, which it is. */
export interface BaseHere {
  id: string
  lacks: LackedModel | null
}

/** Finds the base of a run by its hash, under whatever name. One that only has its name is not it. */
export function baseAmong(
  models: readonly StoredModel[],
  { model: id, modelHash: hash, base, opened }: Pick<RunRecord, 'model' | 'modelHash' | 'base' | 'opened'>,
): BaseHere {
  const same = models.filter((model) => model.hash === hash)
  const found = same.find((model) => model.id === id) ?? same[0]
  if (found) return { id: found.id, lacks: null }
  const named = models.find((model) => model.id === id)
  // One that is served is asked itself; the practice model is stored when it is first used; runs of old may have no hash.
  if (/^https?:/.test(id) || (id === BUNDLED.id && !named) || (!hash && named)) return { id, lacks: null }
  const name = base?.name ?? opened?.model ?? id
  const other = (named ?? models.find((model) => model.name === name))?.name
  const { origin } = base ?? {}
  return { id, lacks: { name, hash, ...(origin && { origin }), ...(other !== undefined && { other }) } }
}

/** A run with its base, and where it came as a file its data, under the ids that they have in this browser by now. */
export function placed(
  record: RunRecord,
  models: readonly StoredModel[],
  datasets: readonly StoredDataset[],
): RunRecord {
  const { id: model } = baseAmong(models, record)
  if (!record.opened) return { ...record, model }
  const wanted = record.config.data.hash
  const same = datasets.filter(({ info }) => info.hash === wanted)
  const own = same.find(({ id }) => id === record.dataset) ?? same[0]
  return { ...record, model, dataset: own?.id ?? record.dataset }
}

/**
 * The base of a run.
 * @throws LapidaryError `missing_file` where it is not here, saying which it is and how it is had; `bad_model` where the practice
 * model is another by now
 */
export async function baseOfRun(parts: Parts, record: RunRecord, call: Call = {}): Promise<OpenModel> {
  const { id, lacks } = baseAmong(await (await parts.database()).getAll('models'), record)
  if (lacks && id !== BUNDLED.id) failLacking(record, lacks)
  const found = await (await parts.library()).open(id, call)
  if (record.modelHash && found.info.hash !== record.modelHash)
    fail(
      'bad_model',
      `What is stored as ${found.info.name} is not what this run was trained on.`,
      id === BUNDLED.id
        ? 'The practice model that comes with the studio is another by now: begin the run again on it.'
        : 'Add the model again that it was trained on.',
      { expected: record.modelHash, found: found.info.hash },
    )
  return found
}

function failLacking({ name }: RunRecord, lacks: LackedModel): never {
  const { origin } = lacks
  const place =
    origin?.kind === 'hub'
      ? `${origin.repo} (${origin.commit.slice(0, 8)})`
      : origin?.kind === 'url'
        ? origin.address
        : null
  fail(
    'missing_file',
    lacks.other === undefined
      ? `The base model of the run "${name}", ${lacks.name}, is not in this browser.`
      : `The base model of the run "${name}", ${lacks.name}, is not in this browser: what is called ${lacks.other} here has other weights.`,
    place === null
      ? 'Add it under Model: the same files, under any name. They are known by their SHA-256.'
      : `Download it again under Model, from ${place}; or add the same files there, under any name. They are known by their SHA-256.`,
    { model: lacks.name, expected: lacks.hash },
  )
}
