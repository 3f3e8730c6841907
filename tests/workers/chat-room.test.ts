import { afterEach, expect, test, vi } from 'vitest'
import { openModelPath } from '../../cli/model-path.ts'
import chatPage from '../../src/export/formats/chat-page.ts'
import { withProof } from '../../src/export/proof-files.ts'
import { type ByteSource, blobSource, readText } from '../../src/files/bytes.ts'
import { safetensorsBlob } from '../../src/files/safetensors-writer.ts'
import { answer } from '../../src/generate/chat.ts'
import { initialAdapter } from '../../src/model/lora.ts'
import { createPortableEngine } from '../../src/portable/portable-engine.ts'
import { CHAT_RUN, type ChatRoom } from '../../src/protocol/chat-page.ts'
import type { ProofPrompt } from '../../src/protocol/proof.ts'
import { parseRunConfig } from '../../src/protocol/run-config.ts'
import { type CheckpointMeta, LORA_PREFIX } from '../../src/trainer/checkpoint.ts'
import { chatRoom } from '../../src/workers/chat-room.ts'
import { chatCodec } from '../../src/workers/codec.ts'
import { planRequest } from '../../src/workers/engine/plan-request.ts'
import { exportSource } from '../../src/workers/export-source.ts'
import { openFiles } from '../../src/workers/library.ts'
import { proofPlan, prove } from '../../src/workers/proving.ts'
import { fresh } from '../../src/workers/start-from.ts'
import { written } from '../support/export-source.ts'

vi.mock('../../src/workers/portable-host.ts', () => import('../../tools/pebble/portable-node.ts'))
afterEach(() => vi.unstubAllGlobals())

const BASE = 'https://somewhere.example/a/chat/'
const OPTIONS = { maxNewTokens: 8, temperature: 0, topK: 0, topP: 1, seed: 1 }

/** A server that has these files, and knows no ranges. */
function serve(files: ReadonlyMap<string, ByteSource>): void {
  vi.stubGlobal('fetch', async (url: URL) => {
    const file = files.get(decodeURIComponent(url.href.slice(BASE.length)))
    return file ? new Response(await file.read(0, file.size)) : new Response('', { status: 404 })
  })
}

/** A chat page of Pebble and an adapter of made-up numbers. */
async function exported() {
  const files = await openModelPath('public/models/pebble')
  const model = await openFiles('pebble', 'Pebble', files, 'base')
  const config = parseRunConfig({ model: { id: 'pebble' }, lora: { r: 2, lora_alpha: 8 } })
  const lora = initialAdapter(model.info.config, config.lora, 1)
  // What an adapter begins with changes nothing.
  for (const { data } of Object.values(lora))
    for (let i = 0; i < data.length; i++) data[i]! += Math.sin(i) / 8
  const tensors = await safetensorsBlob(
    Object.entries(lora).map(([name, { shape, data }]) => ({
      name: LORA_PREFIX + name,
      dtype: 'F32' as const,
      shape,
      data,
    })),
  )
  const source = exportSource({
    config,
    baseModel: 'Pebble',
    template: null,
    meta: { step: 3, event_count: 0 } as CheckpointMeta,
    tensors,
    events: async () => [],
    model: async () => model,
    chatPage: async () => [],
  })
  return { model, lora, config, files: await written(await chatPage.files(source)) }
}

const opened = () => {
  const room = chatRoom()
  room.open({ base: BASE })
  return room
}

test('a chat page answers as base and tuned model do, from the files that were taken away', async () => {
  const { model, lora, config, files } = await exported()
  const engine = await createPortableEngine()
  const weights = await model.weights()
  const most = { tokens: 256, supervised: 1 }
  const plan = planRequest(config, model.info.config, weights, most, { sequences: 1, positions: 256 })
  await engine.load({ config: model.info.config, weights }, plan, { seed: 1 })
  await engine.loadState(fresh(lora))
  const codec = chatCodec(await model.chat(), model.info.config)
  const said = async (adapter: 'on' | 'off') =>
    (await answer(engine, codec, ['Where do boats sleep?'], { ...OPTIONS, adapter })).map(
      ({ text, finish }) => ({
        text,
        finish,
      }),
    )
  const want = { base: await said('off'), tuned: await said('on') }
  expect(want.base).not.toEqual(want.tuned)

  serve(files)
  const room = opened()
  const shares: number[] = []
  const heard: string[] = []
  const ask = (run: string | null) =>
    room.answer(
      { model: 'base', run, prompts: ['Where do boats sleep?'], quantization: null, options: OPTIONS },
      (_, text) => void heard.push(text),
      { onProgress: ({ share }) => void shares.push(share!) },
    )
  expect(await ask(CHAT_RUN)).toEqual(want.tuned)
  expect(heard.join('')).toBe(want.tuned[0]!.text)
  expect(shares.at(-1)).toBe(1)
  // All of it is here by now.
  serve(new Map())
  expect(await ask(null)).toEqual(want.base)
  expect(await ask(CHAT_RUN)).toEqual(want.tuned)
})

test('a folder that is not whole says which file is missing or cut, and works once it is there', async () => {
  const { files } = await exported()
  const room = opened()
  const ask = () =>
    room.answer(
      { model: 'base', run: CHAT_RUN, prompts: ['Where do boats sleep?'], options: OPTIONS },
      () => {},
    )
  const without = new Map(files)
  without.delete('base/model.safetensors')
  serve(without)
  await expect(ask()).rejects.toMatchObject({
    code: 'missing_file',
    message: 'base/model.safetensors did not come.',
  })
  const whole = files.get('base/model.safetensors')!
  serve(new Map(files).set('base/model.safetensors', { ...whole, size: whole.size - 1 }))
  await expect(ask()).rejects.toMatchObject({ code: 'bad_file' })
  serve(files)
  expect(await ask()).toHaveLength(1)
})

test('a chat page tells whether it does what was proven, what answers as the base, and what does something else', async () => {
  const { model, lora, config, files } = await exported()
  const engine = await createPortableEngine()
  const weights = await model.weights()
  await engine.load({ config: model.info.config, weights }, await proofPlan({ config, model }), { seed: 1 })
  await engine.loadState(fresh(lora))
  const proof = await prove(engine, { config, model, step: 3, adapter: 'of this test' })
  const told = async (change: (prompt: ProofPrompt) => Partial<ProofPrompt>) => {
    const prompts = proof.prompts.map((prompt) => ({ ...prompt, ...change(prompt) }))
    const carried = await withProof([], chatPage, { ...proof, prompts }, () =>
      expect.fail('it checks itself'),
    )
    expect(carried.map(({ path }) => path)).toEqual(['proof.json'])
    serve(new Map([...files, ...(await written(carried))]))
    const room = opened()
    return { room, ...(await room.check()) }
  }
  const right = await told(() => ({}))
  expect(right).toMatchObject({ verdict: 'works', same: 0.01 })
  expect(right.tuned).toBeLessThan(1e-5)
  expect(right.base).toBeGreaterThan(0.1)
  const ask = (room: ChatRoom) =>
    room.answer(
      { model: 'base', run: CHAT_RUN, prompts: ['Hello! Who are you?'], options: OPTIONS },
      () => {},
    )
  const [checked] = await ask(right.room)
  const [unchecked] = await ask(opened())
  expect(checked).toEqual(unchecked)
  expect(await told(({ tuned, base }) => ({ tuned: base, base: tuned }))).toMatchObject({
    verdict: 'without effect',
  })
  const away = (logs: number[]) => logs.map((log) => log - 1)
  expect(await told(({ tuned, base }) => ({ tuned: away(tuned), base: away(base) }))).toMatchObject({
    verdict: 'differs',
  })
  await expect(told(() => ({ answer_ids: [], tuned: [], base: [] }))).rejects.toMatchObject({
    code: 'bad_file',
  })
  // It came with the rest: its server may be gone by then.
  const about = JSON.parse(await readText(files.get('chat.json')!, 'chat.json'))
  const proven = await written(await withProof([], chatPage, proof, () => expect.fail('it checks itself')))
  const said = blobSource(new Blob([JSON.stringify({ ...about, proof: true })]))
  serve(new Map([...files, ...proven, ['chat.json', said]]))
  const alone = opened()
  await ask(alone)
  serve(new Map())
  expect(await alone.check()).toMatchObject({ verdict: 'works' })
  serve(files)
  await expect(opened().check()).rejects.toMatchObject({
    code: 'missing_file',
    message: expect.stringContaining('proof.json'),
  })
})
