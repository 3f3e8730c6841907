import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { hashOf, openModelPath } from '../../cli/model-path.ts'
import { sha256Hex } from '../../src/lib/hash.ts'
import { initialAdapter } from '../../src/model/lora.ts'
import type { RunEvent } from '../../src/protocol/events.ts'
import { identity } from '../../src/protocol/identity.ts'
import { parseRunConfig } from '../../src/protocol/run-config.ts'
import { manifestHash } from '../../src/storage/models.ts'
import { CHECKPOINT_VERSION, type CheckpointMeta } from '../../src/trainer/checkpoint.ts'
import { checkpointBytes } from '../../src/workers/checkpoint-files.ts'
import { readConfig } from '../../src/workers/library.ts'

const PEBBLE = join(import.meta.dirname, '..', '..', 'public', 'models', 'pebble')

/** A run's folder as npm run train leaves it, with an adapter of Pebble that was not trained, at step 3. */
export async function writeRunFolder(run: string, settings: object = {}): Promise<void> {
  mkdirSync(join(run, 'checkpoint'), { recursive: true })
  const base = await openModelPath(PEBBLE)
  const files: Record<string, { hash: string }> = {}
  for (const [name, source] of base) files[name] = { hash: await hashOf(source) }
  const config = parseRunConfig({ model: { id: 'pebble' }, lora: { r: 2 }, ...settings })
  const events: RunEvent[] = [
    ...[1, 2, 3].map(
      (step): RunEvent => ({
        ...{
          type: 'step',
          step,
          max_steps: 3,
          epoch: step / 3,
          loss: 5 - step,
          mean_token_accuracy: 0.1 * step,
        },
        ...{ learning_rate: 0.01, grad_norm: 1, tokens: 7 * step, tokens_per_second: 50 },
      }),
    ),
    { type: 'sample', step: 3, prompt: 'Who is Ada?', base: 'A name.', tuned: 'My aunt.', split: 'train' },
    { type: 'checkpoint', step: 3, epoch: 1 },
  ]
  const meta: CheckpointMeta = {
    version: CHECKPOINT_VERSION,
    ...{ step: 3, epoch: 1, position: { epoch: 1, batch: 0 }, seed: 1, choices: {} },
    hashes: { config: await sha256Hex(identity(config)), data: 'd'.repeat(64), base: manifestHash(files) },
    ...{ event_count: events.length, tokens: 21, seconds: 1, skipped_in_row: 0, best: null, evaluations: [] },
  }
  const lora = initialAdapter(await readConfig(base), config.lora, 1)
  const none = () =>
    Object.fromEntries(
      Object.entries(lora).map(([name, { shape, data: values }]) => [
        name,
        { shape, data: new Float32Array(values.length) },
      ]),
    )
  const tensors = await checkpointBytes({ meta, state: { lora, adamM: none(), adamV: none() } })
  const log: RunEvent[] = [
    ...events,
    { type: 'done', step: 3, epoch: 1, seconds: 1, reason: 'finished', config },
  ]
  writeFileSync(join(run, 'run.json'), `${JSON.stringify(config, null, 2)}\n`)
  writeFileSync(join(run, 'metrics.jsonl'), log.map((event) => `${JSON.stringify(event)}\n`).join(''))
  writeFileSync(
    join(run, 'checkpoint', 'checkpoint.json'),
    `${JSON.stringify({ ...meta, tensors: 'step-3.safetensors' }, null, 2)}\n`,
  )
  writeFileSync(join(run, 'checkpoint', 'step-3.safetensors'), tensors)
}
