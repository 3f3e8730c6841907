import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach } from 'vitest'
import { parseRunConfig } from '../../../src/protocol/run-config.ts'
import { addingRoom } from '../../../src/workers/adding-room.ts'
import { dataRoom } from '../../../src/workers/data-room.ts'
import { trainRooms } from '../../../src/workers/train-room.ts'
import { ToyEngine } from '../toy-engine.ts'
import { useDataRooms } from './data-rooms.ts'

const PUBLIC = join(import.meta.dirname, '..', '..', '..', 'public')

/** Rooms of a studio whose engine is a toy (the test mocks the real one); each test begins with nothing stored. */
export function useToyRooms() {
  const { base } = useDataRooms()
  beforeEach(() => {
    ToyEngine.made = []
  })
  return () => {
    const [data, train, adding] = [dataRoom(), trainRooms(), addingRoom()]
    for (const room of [data, train, adding]) room.open({ base: base() })
    return { data, ...train, adding }
  }
}

export type ToyRooms = ReturnType<ReturnType<typeof useToyRooms>>

/** A model of Pebble's shape, with weights that differ in a bit. */
export function changedPebble(change: number): File[] {
  const names = ['config.json', 'tokenizer.json', 'tokenizer_config.json', 'model.safetensors']
  return names.map((name) => {
    const bytes = new Uint8Array(readFileSync(join(PUBLIC, 'models', 'pebble', name)))
    if (name === 'model.safetensors') bytes[bytes.length - 2]! ^= change
    return new File([bytes], name)
  })
}

const ROWS = `q,a\n${Array.from({ length: 24 }, (_, i) => `Where is ball ${i}?,The ball is in box ${i % 5}.`).join('\n')}\n`
const SETTINGS = {
  learning_rate: 0.05,
  max_steps: 6,
  per_device_train_batch_size: 4,
  max_length: 64,
  save_steps: 2,
  data: { prompt: 'q', response: 'a', validation_share: 0.2 },
}

/** A run on a model. @param onStep hears of each step: what it does is done before the next */
export async function trainedOn(
  { data, runs }: ToyRooms,
  id: string,
  onStep: (step: number) => void = () => {},
): Promise<string> {
  const dataset = await data.openFile(new File([ROWS], 'rows.csv'))
  const config = parseRunConfig({ ...SETTINGS, data: { ...SETTINGS.data, hash: dataset.hash } })
  const recipe = { dataset: dataset.id, model: id, config }
  await data.prepare(recipe)
  let end = () => {}
  const ended = new Promise<void>((resolve) => {
    end = resolve
  })
  const run = await runs.start({ ...recipe, samplePrompts: [] }, (event) => {
    if (event.type === 'step') onStep(event.step)
    if (event.type === 'done') end()
  })
  await ended
  return run
}

/** The same, stopped after its third step. */
export const stoppedOn = (rooms: ToyRooms, id: string): Promise<string> =>
  trainedOn(rooms, id, (step) => {
    if (step === 3) void rooms.runs.stop()
  })
