import { describe, expect, test } from 'vitest'
import { sha256Hex } from '../../src/lib/hash.ts'
import { FIRST_HEEDED, HELD_BY_TOKENS, heeded, identity, NOT_COUNTING } from '../../src/protocol/identity.ts'
import { parseRunConfig, type RunConfig, RunConfigSchema } from '../../src/protocol/run-config.ts'
import { requireBelongs } from '../../src/trainer/checkpoint.ts'
import { tokensKey } from '../../src/workers/token-key.ts'
import golden from '../golden/identity/version-1.json' with { type: 'json' }
import { leavesOf } from '../support/schema-leaves.ts'
import { failureOf } from './support.ts'

const leaves = leavesOf(RunConfigSchema)
const plain = (path: string) => path.replace(/\[[^\]]*\]/g, '')
/** Whether a leaf, or the section that it lies in, is named. */
const isNamed = (path: string, names: readonly string[]) =>
  names.some((name) => plain(path) === name || plain(path).startsWith(`${name}.`))
const notCounting = Object.keys(NOT_COUNTING)
const afterTokens = Object.entries(FIRST_HEEDED).flatMap(([path, stage]) => (stage === 'curve' ? [path] : []))

const differs = async (path: string, of: (config: RunConfig) => Promise<string>) => {
  const { changes } = leaves.find((leaf) => leaf.path === path)!
  for (const { from, to } of changes)
    if ((await of(parseRunConfig(from))) !== (await of(parseRunConfig(to)))) return true
  return false
}
const key = (config: RunConfig) => tokensKey(config, 'data', 'model')
const hashes = async (config: RunConfig) => ({
  config: await sha256Hex(identity(config)),
  data: 'd',
  base: 'b',
})

describe('configs of the version before keep their hashes', () => {
  test.each(golden)('$name', async ({ config, identity: before, tokens }) => {
    const parsed = parseRunConfig(config)
    expect(await sha256Hex(identity(parsed))).toBe(before)
    expect(await tokensKey(parsed, 'data-hash', 'model-hash')).toBe(tokens)
  })
})

describe('every leaf of the schema, changed', () => {
  test('there are many, and they reach into steps and their tests', () => {
    const paths = leaves.map(({ path }) => path)
    expect(new Set(paths).size).toBe(paths.length)
    expect(paths.length).toBeGreaterThan(100)
    for (const path of [
      'training.seed',
      'lora.r',
      'data.split.column',
      'data.steps[filter].test[length].min',
    ])
      expect(paths).toContain(path)
  })

  test.each(leaves.map(({ path }) => path))('%s', async (path) => {
    const counts = !isNamed(path, notCounting)
    // The table of tokens is another one then, which its own hash says.
    const own = counts && !isNamed(path, HELD_BY_TOKENS)
    expect(await differs(path, async (config) => (await hashes(config)).config)).toBe(own)
    expect(await differs(path, key)).toBe(counts && !isNamed(path, afterTokens))
    // What a person sees of it: a checkpoint of another run is refused.
    for (const { from, to } of leaves.find((leaf) => leaf.path === path)!.changes) {
      const meta = { hashes: await hashes(parseRunConfig(from)) } as Parameters<typeof requireBelongs>[0]
      const now = await hashes(parseRunConfig(to))
      const resumed = (async () => requireBelongs(meta, now))()
      if (own) expect((await failureOf(resumed)).detail?.field).toBe('config')
      else await resumed
    }
  })

  test('a field that nobody has thought of counts for everything', async () => {
    const config = parseRunConfig({})
    const future = [
      { ...config, data: { ...config.data, shuffle: true } },
      { ...config, engine: { ...config.engine, precision: 'f16' } },
      { ...config, training: { ...config.training, neftune_noise_alpha: 5 } },
      { ...config, data: { ...config.data, reading: { ...config.data.reading, skip_rows: 2 } } },
      { ...config, teacher: { id: 'x' } },
    ] as unknown as RunConfig[]
    for (const changed of future) {
      expect(identity(changed)).not.toBe(identity(config))
      expect(await key(changed)).not.toBe(await key(config))
      expect([...heeded(changed, 'rows')]).not.toEqual([...heeded(config, 'rows')])
    }
  })
})

test('what is named exists, and what does not count at all is named leaf by leaf', () => {
  const known = new Set(leaves.map(({ path }) => plain(path)))
  for (const path of [...notCounting, ...Object.keys(FIRST_HEEDED)]) {
    const isLeaf = known.has(path) || ['version', 'training.packing_strategy', 'start'].includes(path)
    const isSection = [...known].some((leaf) => leaf.startsWith(`${path}.`))
    expect(isLeaf || isSection, path).toBe(true)
    if (notCounting.includes(path)) expect(isLeaf, path).toBe(true)
  }
})
