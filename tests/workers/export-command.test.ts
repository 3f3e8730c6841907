import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { hashOf, openModelPath } from '../../cli/model-path.ts'
import { safetensorsBytes } from '../../src/files/safetensors-writer.ts'
import { initialAdapter } from '../../src/model/lora.ts'
import { parseRunConfig } from '../../src/protocol/run-config.ts'
import { manifestHash } from '../../src/storage/models.ts'
import { CHECKPOINT_VERSION, LORA_PREFIX } from '../../src/trainer/checkpoint.ts'
import { readConfig } from '../../src/workers/library.ts'

const ROOT = join(import.meta.dirname, '..', '..')
let folder: string
let run: string

/** A run's folder as the command leaves it, with an adapter that was not trained. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lapidary-export-'))
  run = join(folder, 'run')
  mkdirSync(join(run, 'checkpoint'), { recursive: true })
  const base = await openModelPath(join(ROOT, 'public', 'models', 'pebble'))
  const hashes: Record<string, { hash: string }> = {}
  for (const [name, source] of base) hashes[name] = { hash: await hashOf(source) }
  const config = parseRunConfig({ model: { id: 'pebble' }, lora: { r: 2 } })
  const meta = {
    version: CHECKPOINT_VERSION,
    step: 3,
    epoch: 1,
    position: { epoch: 1, batch: 0 },
    seed: 1,
    hashes: { config: 'c', data: 'd', base: manifestHash(hashes) },
    choices: {},
    event_count: 0,
    tokens: 1,
    seconds: 1,
    skipped_in_row: 0,
    best: null,
    evaluations: [],
    tensors: 'step-3.safetensors',
  }
  const lora = initialAdapter(await readConfig(base), config.lora, 1)
  const tensors = Object.entries(lora).map(([name, { shape, data }]) => ({
    name: LORA_PREFIX + name,
    dtype: 'F32' as const,
    shape,
    data,
  }))
  writeFileSync(join(run, 'run.json'), JSON.stringify(config))
  writeFileSync(join(run, 'metrics.jsonl'), '')
  writeFileSync(join(run, 'checkpoint', 'checkpoint.json'), JSON.stringify(meta))
  writeFileSync(join(run, 'checkpoint', 'step-3.safetensors'), await safetensorsBytes(tensors))
})
afterAll(() => rmSync(folder, { recursive: true }))

const command = (...argv: string[]) =>
  spawnSync(process.execPath, [join(ROOT, 'cli', 'bootstrap.mjs'), 'export', ...argv], { encoding: 'utf8' })

describe('npm run export', () => {
  test('writes formats beside a run, each whole, and no other', () => {
    const { status, stdout } = command('--run', run, '--format', 'peft,merged,gguf-q8_0,pt')
    expect(status).toBe(0)
    expect(stdout.trim().split('\n')).toEqual(
      ['adapter', 'merged', 'gguf-q8_0', 'pt'].map((name) => join(run, name)),
    )
    expect(readdirSync(run).sort()).toEqual(
      ['adapter', 'checkpoint', 'gguf-q8_0', 'merged', 'metrics.jsonl', 'pt', 'run.json'].sort(),
    )
    expect(readdirSync(join(run, 'gguf-q8_0')).sort()).toEqual(['Modelfile', 'model.gguf'])
    expect(existsSync(join(run, 'merged', 'model.safetensors'))).toBe(true)
    const again = command('--run', run, '--format', 'mlx,pt')
    expect([again.status, existsSync(join(run, 'mlx'))]).toEqual([2, false])
    expect(again.stderr).toContain('output_exists')
  })

  test('a reader of the list that has had enough is no failure', async () => {
    const child = spawn(process.execPath, [join(ROOT, 'cli', 'bootstrap.mjs'), 'export', '--list'])
    child.stdout.destroy()
    let told = ''
    child.stderr.on('data', (text) => {
      told += String(text)
    })
    const [status] = await once(child, 'close')
    expect([status, told]).toEqual([0, ''])
  })

  test.each([
    ['another format', ['--format', 'floppy'], 'gguf-lora, gguf-q4_0'],
    ['another base', ['--format', 'pt', '--model', 'tests/golden/none'], 'tests/golden/none'],
    ['no format', [], '--format'],
  ])('%s is told in one line, and nothing written', (_, argv, words) => {
    const out = join(folder, 'nowhere')
    const { status, stderr } = command('--run', run, '--out', out, ...argv)
    expect([status, existsSync(out)]).toEqual([2, false])
    expect(stderr.trim().split('\n')).toHaveLength(1)
    expect(stderr).toContain(words)
  })
})
