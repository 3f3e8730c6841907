import type { Migration } from './migration.ts'

type Plain = Record<string, unknown>

/** Models are described layer by layer, and runs say which data set they were trained on. */
export const layersAndDatasets: Migration = async (_, change) => {
  const models = change.objectStore('models')
  for (const model of (await models.getAll()) as Plain[])
    await models.put({ ...model, config: layered(model.config as Plain) })
  const tables = (await change.objectStore('tokens').getAll()) as { id: string; dataset: string }[]
  const datasets = new Map(tables.map(({ id, dataset }) => [id, dataset]))
  const runs = change.objectStore('runs')
  for (const run of (await runs.getAll()) as Plain[])
    await runs.put({ ...run, dataset: datasets.get(run.tokens as string) ?? '' })
}

/**
 * A model's config with its layers one by one. Version 1 knew Gemma 3 alone, whose layers differ in window and RoPE only; to
 * every norm's weight 1 was added.
 */
export function layered(config: Plain): Plain {
  if ('layers' in config) return config
  const { family: _, headDim, numKvHeads, intermediateSize, numLayers, windows, rope, ...whole } = config
  const ropes = rope as { theta: number; factor: number }[]
  const layers = Array.from({ length: numLayers as number }, (_, i) => ({
    window: (windows as (number | null)[])[i] ?? null,
    rope: { ...ropes[i], rotated: 1 },
    headDim,
    kvHeads: numKvHeads,
    intermediateSize,
    norms: ['input', 'query', 'key', 'post_attention', 'pre_feedforward', 'post_feedforward'],
    keysFrom: i,
    perLayerInput: null,
  }))
  return { ...whole, layers, normOffset: 1 }
}
