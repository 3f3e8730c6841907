import { describe, expect, test } from 'vitest'
import { GEMMA_270M } from '../../bench/shapes.ts'
import { attentionCase } from '../../src/engine/check/attention.ts'
import { linearCase } from '../../src/engine/check/linear.ts'
import { rmsNormCase } from '../../src/engine/check/norms.ts'
import { askedBy, choosing, compareOperation, runOperation } from '../../src/engine/check/operation.ts'
import { planEngine } from '../../src/engine/plan.ts'
import type { GpuContext } from '../../src/gpu/program.ts'
import { choicesOf } from '../../src/gpu/specialise.ts'
import { Tape } from '../../src/gpu/tape.ts'
import { parseRunConfig } from '../../src/protocol/run-config.ts'

const c = rmsNormCase(64, false)
const keys = [...askedBy(c).keys()]
/** No device is reached. */
const context = { gpu: {} } as GpuContext

describe('a choice that names nothing', () => {
  const wrong = [
    ['a misspelt key', { [keys[0]!.replace('rms_norm', 'rms_nrom')]: 'lanes' }],
    ['a key of another shape', { [keys[0]!.replace('64', '65')]: 'lanes' }],
    ['a removed variant', { [keys[0]!]: 'gone' }],
    ['one of several', { [keys[0]!]: 'lanes', [keys[1]!]: 'gone' }],
    ['a name that every object has', { [keys[0]!]: 'toString' }],
  ] as const
  for (const [what, choices] of wrong)
    test(`${what} is an error of every check`, async () => {
      const named = Object.entries(choices).at(-1)!.join(': ')
      const refused = `no such variant was asked for: ${named}`
      expect(() => askedBy({ ...c, choices })).toThrow(refused)
      await expect(runOperation(context, { ...c, choices })).rejects.toThrow(refused)
      await expect(compareOperation(context, { ...c, choices })).rejects.toThrow(refused)
    })

  test('is told apart from one that names a kernel', () => {
    const choices = Object.fromEntries(keys.map((key) => [key, 'lanes']))
    expect(() => askedBy({ ...c, choices })).not.toThrow()
    expect(choosing(c, { 'rms_norm.forward': 'lanes', 'rms_norm.backward': 'lanes' }).choices).toEqual(
      choices,
    )
  })

  test('by family is an error too', () => {
    expect(() => choosing(c, { 'rms_nrom.forward': 'lanes' })).toThrow(
      /nothing asks for rms_nrom\.forward, only for rms_norm\.forward tokens x 64; rms_norm\.backward/,
    )
    expect(() => choosing(c, { 'rms_norm.forward': 'gone' })).toThrow(
      'rms_norm.forward tokens x 64 has no variant gone, only serial, lanes',
    )
    expect(() =>
      linearCase({ rows: 1, width: 64, out: 64, choices: { 'matmul.forward': 'lanes64x2' } }),
    ).toThrow('nothing asks for matmul.forward')
    const heads = { name: 'a', heads: 2, kvHeads: 1, headDim: 64, segments: [3] }
    expect(() => attentionCase({ ...heads, choices: { forwards: 'plain' } })).toThrow('nothing asks for')
    expect(() => choicesOf(new Map(), { any: 'thing' })).toThrow('only for nothing at all')
  })

  test('reaches every key of the family', () => {
    const shards = { rows: 2, width: 64, out: 96, shards: [40, 56], gradX: false }
    const { choices } = linearCase({ ...shards, choices: { matvec: 'lanes32x4' } })
    expect(Object.keys(choices!)).toHaveLength(2)
  })

  test('leaves a tape with what was lost, and the default in its place', () => {
    const tape = new Tape({ a: 'second', b: 'gone', c: 'first' })
    const kernel = (name: string) => ({
      name,
      bindings: {},
      workgroup: 1,
      wgsl: () => '',
      grid: () => [1, 1, 1] as const,
    })
    const variants = { first: kernel('first'), second: kernel('second') }
    expect(tape.choose({ key: 'a', variants }).name).toBe('second')
    expect(tape.choose({ key: 'b', variants }).name).toBe('first')
    expect(tape.chosen).toEqual({ a: 'second', b: 'first' })
    expect(tape.lost()).toEqual({ b: 'gone', c: 'first' })
  })
})

test('a plan says which choices it uses: those given that exist, the defaults elsewhere, and no others', () => {
  const request = {
    model: GEMMA_270M,
    lora: parseRunConfig({}).lora,
    maxTokens: 512,
    maxSupervised: 512,
    recompute: 'layer' as const,
    decode: { sequences: 4, positions: 512 },
  }
  const { choices: defaults } = planEngine(request)
  const families = new Set(Object.keys(defaults).map((key) => key.split(' ')[0]))
  for (const family of [
    'matmul.forward',
    'matmul.backward',
    'matvec',
    'attention.forward',
    'head.loss',
    'head.score',
  ])
    expect(families).toContain(family)
  const [kept, gone] = Object.keys(defaults).filter((key) => key.startsWith('rms_norm'))
  const given = { ...defaults, [kept!]: 'lanes', [gone!]: 'removed', 'another model x 5': 'lanes' }
  const { choices, tapes } = planEngine(request, { choices: given })
  expect(choices).toEqual({ ...defaults, [kept!]: 'lanes' })
  const names = tapes.train!.tape.dispatches.map(({ kernel }) => kernel.name)
  expect(names).toContain('rms_norm.forward.lanes')
})
