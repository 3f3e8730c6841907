import { describe, expect, test } from 'vitest'
import {
  addsNothing,
  effectOf,
  makeProof,
  PROOF_PROMPTS,
  PROOF_TOKENS,
  proofOf,
  verdictOf,
} from '../../src/export/proof.ts'
import { toleranceOf, withProof } from '../../src/export/proof-files.ts'
import { checkerText, exporter, exportFormats } from '../../src/export/registry.ts'
import type { Engine } from '../../src/protocol/engine.ts'
import { blobFile, blobOf } from '../../src/protocol/exported.ts'
import type { Proof } from '../../src/protocol/proof.ts'

const FACTS = {
  base: { name: 'Pebble', hash: 'b' },
  step: 7,
  adapter: 'a',
  scaling: 2,
  quantization: null,
}

/** Answers with the prompt's length and a stop; a token's log-probability is known from its id. */
function speaking(effect: number): Pick<Engine, 'kind' | 'generate' | 'scoreChoices' | 'describe'> {
  return {
    kind: 'portable',
    describe: () => ({ kind: 'portable', backend: 'wasm', device: 'toy of this machine' }) as never,
    async *generate(prompts, options) {
      expect(options).toMatchObject({
        temperature: 0,
        adapter: 'on',
        maxNewTokens: PROOF_TOKENS,
        stopTokens: [1],
      })
      // The last one first: the order of tokens is each prompt's own.
      for (const [i, ids] of [...prompts.entries()].reverse()) {
        yield { prompt: i, token: ids.length }
        yield { prompt: i, token: 1, finish: 'stop' as const }
      }
    },
    async scoreChoices(_, [answer], options) {
      const shift = options?.adapter === 'off' ? effect : 0
      return { logProbability: [Float32Array.from(answer!, (id) => -id - shift)], tokens: 1, rows: 1 }
    },
  }
}

const codec = { render: (prompt: string) => Uint32Array.from([2, ...Buffer.from(prompt)]), stopTokens: [1] }
const proofWith = (effect: number) => makeProof(speaking(effect), codec, FACTS)

describe('a proof', () => {
  test('holds greedy answers of built-in prompts, scored with and without the adapter', async () => {
    const shares: (number | null)[] = []
    const onProgress = ({ share }: { share: number | null }) => shares.push(share)
    const proof = await makeProof(speaking(0.5), codec, FACTS, { onProgress })
    expect(proof.prompts.map(({ prompt }) => prompt)).toEqual(PROOF_PROMPTS)
    for (const { prompt, ids, answer_ids, tuned, base } of proof.prompts) {
      expect(ids).toEqual([2, ...Buffer.from(prompt)])
      expect(answer_ids).toEqual([ids.length, 1])
      expect(tuned).toEqual([-ids.length, -1])
      expect(base).toEqual([-ids.length - 0.5, -1.5])
    }
    expect(effectOf(proof)).toBe(0.5)
    expect(shares).toHaveLength(3 * PROOF_PROMPTS.length)
    expect(shares.at(-1)).toBe(1)
    // What it was computed on is said, and not whose machine that is.
    expect(proof.computed).toEqual({ engine: 'portable', backend: 'wasm', quantization: null })
    expect(JSON.stringify(proof)).not.toContain('toy')
  })

  test('of an adapter that changes nothing has no effect', async () => {
    expect(effectOf(await proofWith(0))).toBe(0)
    const tensor = (...values: number[]) => ({ shape: [1, values.length], data: Float32Array.from(values) })
    const lora = (b: number) => ({
      'q_proj.lora_A.weight': tensor(1, 2),
      'q_proj.lora_B.weight': tensor(0, b),
    })
    expect([addsNothing(lora(0)), addsNothing(lora(1e-9)), addsNothing(lora(Number.NaN))]).toEqual([
      true,
      false,
      false,
    ])
  })

  test('is taken for that of its own adapter and base alone', async () => {
    const proof = await proofWith(1)
    expect(proofOf(proof, { adapter: 'a', base: 'b', scaling: 2 })).toBe(proof)
    expect(proofOf(proof, { adapter: 'other', base: 'b', scaling: 2 })).toBeNull()
    expect(proofOf(proof, { adapter: 'a', base: 'other', scaling: 2 })).toBeNull()
    expect(proofOf(proof, { adapter: 'a', base: 'b', scaling: 1 })).toBeNull()
    for (const kept of [null, undefined, 'text', {}, { ...proof, version: 2 }, { ...proof, prompts: 3 }])
      expect(proofOf(kept, { adapter: 'a', base: 'b', scaling: 2 })).toBeNull()
  })
})

// The same words as in peers/test_proofs.py, whose judge is Python's.
test('a chat page judges as check.py does', () => {
  const told = (tuned: number, base: number, found: number) =>
    verdictOf({
      tuned: Math.abs(found - tuned),
      base: Math.abs(found - base),
      same: 0.02,
      effect: Math.abs(tuned - base),
    })
  const [works, without, differs] = ['works', 'without effect', 'differs']
  expect([-0.11, -0.13, -20.1, -19.9, -19.6, -15, Number.NaN].map((at) => told(-0.1, -20.1, at))).toEqual([
    works,
    differs,
    without,
    without,
    differs,
    differs,
    differs,
  ])
  expect([-0.11, -0.19, -0.15].map((at) => told(-0.1, -0.2, at))).toEqual([works, without, differs])
})

describe('files of a proof', () => {
  const weights = blobFile('model.safetensors', new Blob(['weights']))
  const texts = async (files: Awaited<ReturnType<typeof withProof>>) =>
    new Map(
      await Promise.all(files.map(async (file) => [file.path, await (await blobOf(file)).text()] as const)),
    )

  test('lie in every format that something but the studio loads, before its weights, as many as are said', async () => {
    const formats = await exportFormats()
    const proof = await proofWith(1)
    for (const { id, proven } of formats) {
      const files = await withProof([weights], await exporter(id), proof, checkerText)
      // A checkpoint has it among its own files; a chat page checks itself.
      const wanted =
        id === 'checkpoint' ? [] : id === 'chat-page' ? ['proof.json'] : ['proof.json', 'check.py']
      expect(proven, id).toBe(wanted.length)
      expect(
        files.map(({ path }) => path),
        id,
      ).toEqual([...wanted, weights.path])
      if (wanted.length === 0) continue
      const found = await texts(files)
      const json = JSON.parse(found.get('proof.json')!) as Proof & {
        tolerance: { nats: number; reason: string }
      }
      expect(json).toMatchObject(proof)
      expect(json.tolerance.nats).toBeGreaterThan(0)
      expect(json.tolerance.reason).not.toBe('')
      if (wanted.length === 1) continue
      expect(found.get('check.py')).toContain('def load(')
      expect(found.get('check.py')).toContain('def judge(')
    }
    expect(formats.filter(({ proven }) => proven === 2).length).toBeGreaterThan(15)
  })

  test('are left out where there is no proof', async () => {
    expect(await withProof([weights], await exporter('peft'), null, checkerText)).toEqual([weights])
  })

  test('allow more where the base was held in fewer bits, and only of what is put on the base as stored', async () => {
    const proof = await proofWith(1)
    const on = (quantization: 'int8' | 'int4' | null) => ({ computed: { ...proof.computed, quantization } })
    const [peft, merged] = [(await exporter('peft')).check!, (await exporter('merged-f32')).check!]
    const nats = (check: typeof peft) =>
      ([null, 'int8', 'int4'] as const).map((held) => toleranceOf(check, on(held)).nats)
    const [plain, eight, four] = nats(peft) as [number, number, number]
    expect([plain < eight, eight < four]).toEqual([true, true])
    expect(nats(merged)).toEqual([merged.nats, merged.nats, merged.nats])
    expect(toleranceOf(peft, on('int4')).reason).toContain('int4')
  })
})
