import { expect, test } from 'vitest'
import { toFailure } from '../../src/protocol/errors.ts'
import type { Checkpoint } from '../../src/trainer/checkpoint.ts'
import {
  checkpointBytes,
  contentsOf,
  readCheckpointAdapter,
  readCheckpointFiles,
} from '../../src/workers/checkpoint-files.ts'

const A = 'base_model.model.layers.0.self_attn.q_proj.lora_A.weight'

async function saved(): Promise<{ checkpoint: Checkpoint; bytes: Uint8Array<ArrayBuffer> }> {
  const tensor = () => ({ shape: [2, 3], data: Float32Array.from([1, 2, 3, 4, 5, 6]) })
  const state = { lora: { [A]: tensor() }, adamM: { [A]: tensor() }, adamV: { [A]: tensor() } }
  const meta = { step: 4, contents: await contentsOf(state) } as Checkpoint['meta']
  return { checkpoint: { meta, state }, bytes: await checkpointBytes({ meta, state }) }
}

const failureOf = (work: Promise<unknown>) => work.then(() => expect.unreachable('not refused'), toFailure)

test('a checkpoint is read back as it was saved, one of before without hashes, too', async () => {
  const { checkpoint, bytes } = await saved()
  expect(await readCheckpointFiles(checkpoint.meta, bytes)).toEqual(checkpoint)
  const { contents: _, ...before } = checkpoint.meta
  expect((await readCheckpointFiles(before, bytes)).state).toEqual(checkpoint.state)
})

test('a flipped bit is refused by name', async () => {
  const { checkpoint, bytes } = await saved()
  const flipped = bytes.slice()
  flipped[flipped.length - 3]! ^= 1
  expect(await failureOf(readCheckpointFiles(checkpoint.meta, flipped))).toMatchObject({
    code: 'bad_state',
    message: expect.stringContaining('other bytes'),
    detail: { tensor: expect.stringContaining(A) },
  })
})

test('a reversed shape is refused by name', async () => {
  const { checkpoint } = await saved()
  for (const group of Object.values(checkpoint.state)) group[A]!.shape = [3, 2]
  const turned = await checkpointBytes(checkpoint)
  expect(await failureOf(readCheckpointFiles(checkpoint.meta, turned))).toMatchObject({
    code: 'bad_state',
    message: expect.stringContaining('[3,2]; it was saved with [2,3]'),
    detail: { tensor: expect.stringContaining(A) },
  })
})

test('the adapter alone, as exports have it: read back as it was saved, and refused where it was not', async () => {
  const { checkpoint, bytes } = await saved()
  const { meta, state } = checkpoint
  expect(await readCheckpointAdapter(meta, new Blob([bytes]))).toEqual(state.lora)
  const { contents: _, ...before } = meta
  expect(await readCheckpointAdapter(before, new Blob([bytes]))).toEqual(state.lora)
  state.lora[A]!.data[3] = 0
  const changed = new Blob([await checkpointBytes(checkpoint)])
  const damaged = { code: 'bad_state', detail: { checkpoint: 4 } }
  expect(await failureOf(readCheckpointAdapter(meta, changed))).toMatchObject(damaged)
  expect(await failureOf(readCheckpointAdapter(meta, new Blob([bytes.slice(0, 90)])))).toMatchObject(damaged)
  const without = new Blob([await checkpointBytes({ meta, state: { ...state, lora: {} } })])
  expect(await failureOf(readCheckpointAdapter(meta, without))).toMatchObject({
    ...damaged,
    message: expect.stringContaining('is missing'),
  })
})
