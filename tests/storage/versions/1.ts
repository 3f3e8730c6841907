import { openDB } from 'idb'

/** SHA-256 stands in for itself: nothing here checks it. */
const ref = (set: string, size: number) => ({ set, size, chunk: 8, hash: 'a'.repeat(64) })

/** A model's config as version 1 stored it. */
export const CONFIG_1 = {
  family: 'gemma3_text',
  vocabSize: 2048,
  hiddenSize: 128,
  intermediateSize: 512,
  numLayers: 3,
  numHeads: 4,
  numKvHeads: 1,
  headDim: 64,
  queryScale: 0.125,
  rmsNormEps: 1e-6,
  windows: [64, 64, null],
  rope: [
    { theta: 10_000, factor: 1 },
    { theta: 10_000, factor: 1 },
    { theta: 1_000_000, factor: 8 },
  ],
  attentionSoftCap: null,
  finalSoftCap: null,
  embeddingScale: Math.fround(Math.sqrt(128)),
  tiedHead: true,
  maxPositions: 512,
  bosTokenId: 2,
  eosTokenIds: [1, 106],
  padTokenId: 0,
}

export const RUN_1 = {
  id: 'r1',
  name: 'pebble on rows.csv',
  created: 5,
  status: 'done',
  config: { version: 1, training: { max_steps: 2 } },
  model: 'pebble',
  modelHash: 'm'.repeat(64),
  tokens: 't1',
  tokensHash: 'h'.repeat(64),
  samplePrompts: [{ prompt: 'Where is ball 3?' }],
  step: 2,
  maxSteps: 2,
  lastLoss: 1.5,
  evalLoss: null,
  seconds: 3,
  engine: null,
}

export const EVENTS_1 = [
  {
    type: 'step',
    step: 1,
    max_steps: 2,
    epoch: 0.5,
    loss: 2,
    mean_token_accuracy: 0.5,
    learning_rate: 0.01,
    grad_norm: 1,
    tokens: 8,
    tokens_per_second: 9,
  },
  { type: 'checkpoint', step: 2, epoch: 1, best: true },
]

export const DATASET_1 = {
  id: 'd1',
  name: 'rows.csv',
  hash: 'd'.repeat(64),
  rows: 2,
  columns: [],
  findings: [],
  preview: [],
}

/** A database as version 1 made and filled it: `upgrade` is copied from it as it was. */
export async function makeVersion1(name: string): Promise<void> {
  const db = await openDB(name, 1, {
    upgrade(db) {
      db.createObjectStore('chunks')
      db.createObjectStore('writes')
      for (const store of ['models', 'datasets', 'tokens', 'runs'] as const)
        db.createObjectStore(store, { keyPath: 'id' })
      db.createObjectStore('events')
      db.createObjectStore('checkpoints', { keyPath: ['run', 'slot'] })
      db.createObjectStore('devices', { keyPath: 'device' })
    },
  })
  for (const set of ['model', 'rows', 'table', 'tensors'])
    await db.put('chunks', new TextEncoder().encode(set), [set, 0])
  await db.put('models', {
    id: 'pebble',
    name: 'Pebble',
    origin: 'bundled',
    created: 1,
    config: CONFIG_1,
    parameters: 1_498_880,
    practice: true,
    hash: 'm'.repeat(64),
    files: { 'config.json': ref('model', 5) },
  })
  await db.put('datasets', { id: 'd1', created: 2, info: DATASET_1, rows: ref('rows', 4) })
  const tokens = { id: 't1', created: 3, dataset: 'd1', model: 'm'.repeat(64), info: { tokens: 't1' } }
  await db.put('tokens', { ...tokens, table: ref('table', 5) })
  await db.put('runs', RUN_1)
  // Its token table went with the data set that it was made from.
  await db.put('runs', { ...RUN_1, id: 'r2', tokens: 'gone' })
  for (const [i, event] of EVENTS_1.entries()) await db.put('events', event, ['r1', i])
  const checkpoint = { run: 'r1', step: 2, meta: { version: 1, step: 2, event_count: 2 } }
  for (const slot of ['last', 'best'])
    await db.put('checkpoints', { ...checkpoint, slot, tensors: ref('tensors', 7) })
  await db.put('devices', { device: 'toy adapter', choices: { matmul: 'naive' } })
  db.close()
}
