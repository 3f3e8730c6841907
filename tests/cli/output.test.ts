import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { afterEach, describe, expect, it } from 'vitest'
import { Output } from '../../cli/output.ts'
import { defaultRunConfig } from '../../src/protocol/run-config.ts'

describe('the folder that a run leaves', () => {
  const scratch = mkdtempSync(join(tmpdir(), 'lapidary-output-'))
  afterEach(() => rmSync(scratch, { recursive: true, force: true }))

  function begun(): { output: Output; run: string } {
    const run = join(scratch, 'runs', 'mine')
    const output = new Output(run, null, null)
    output.add({ type: 'notice', message: 'Begun.' }, defaultRunConfig())
    return { output, run }
  }

  it('takes in what formats have in folders of their folder', async () => {
    const { output, run } = begun()
    const paths = [
      'peft/adapter_config.json',
      'adapter/base/config.json',
      'rest/adapter/base/config.json',
      'chat-page/assets/index-a_B.js',
    ]
    for (const path of paths) await output.receive(path, Readable.from([path]))
    for (const path of paths) expect(readFileSync(join(run, path), 'utf8')).toBe(path)
  })

  it('knows which exports are of an earlier sitting', async () => {
    const { output, run } = begun()
    for (const name of ['gguf', 'merged']) mkdirSync(join(run, name))
    await output.receive('merged/config.json', Readable.from(['{}']))
    expect(output.outdated(['adapter', 'gguf', 'merged'])).toEqual(['gguf'])
  })

  it.each([
    '../a.txt',
    'rest/../../a.txt',
    'rest/../a.txt',
    'rest/./a.txt',
    '/a/b.txt',
    'rest//a.txt',
    'run.json',
  ])('takes in nothing that leads elsewhere: %s', async (path) => {
    const { output, run } = begun()
    await expect(output.receive(path, Readable.from(['x']))).rejects.toThrow('is no result of a run')
    expect(existsSync(join(scratch, 'a.txt')) || existsSync(join(run, 'a.txt'))).toBe(false)
  })

  /** Linux's own disk that is always full. */
  const fullFor = (path: string) => {
    mkdirSync(dirname(path), { recursive: true })
    symlinkSync('/dev/full', `${path}.tmp`)
  }
  const CHECKPOINT = JSON.stringify({ step: 1, tensors: 'step-1.safetensors', event_count: 1, best: null })
  const all = (folder: string) =>
    (readdirSync(folder, { recursive: true }) as string[]).filter((name) => !name.startsWith('.')).sort()

  it('a checkpoint for which there is no room ends the run, and leaves the one before it', async () => {
    const { output, run } = begun()
    await output.receive('checkpoint/step-1.safetensors', Readable.from(['one']))
    await output.receive('checkpoint/checkpoint.json', Readable.from([CHECKPOINT]))
    const before = all(run)
    fullFor(join(run, 'checkpoint', 'step-2.safetensors'))
    const told = {
      code: 'not_saved',
      message: expect.stringMatching(/step-2\.safetensors could not be written: the disk is full/),
      hint: expect.stringMatching(/^Make room there: the last checkpoint is of step 1\. .*--resume/),
    }
    await expect(
      output.receive('checkpoint/step-2.safetensors', Readable.from(['two'])),
    ).rejects.toMatchObject(told)
    await expect(output.lost).rejects.toMatchObject(told)
    expect(all(run)).toEqual(before)
    expect(output.checkpointStep()).toBe(1)
  })

  it('an export for which there is no room is left out whole, and the run goes on', async () => {
    const { output, run } = begun()
    // Of an earlier sitting.
    mkdirSync(join(run, 'merged'))
    writeFileSync(join(run, 'merged', 'model.safetensors'), 'old')
    await output.receive('merged/config.json', Readable.from(['{}']))
    fullFor(join(run, 'merged', 'model.safetensors'))
    const told = { code: 'not_saved', hint: expect.stringMatching(/--format merged writes it/) }
    await expect(output.receive('merged/model.safetensors', Readable.from(['new']))).rejects.toMatchObject(
      told,
    )
    expect(output.leftOut).toMatchObject(told)
    await output.receive('gguf/model.gguf', Readable.from(['x']))
    expect(all(run)).toEqual(['gguf', 'gguf/model.gguf', 'metrics.jsonl', 'run.json'])
    await expect(Promise.race([output.lost, Promise.resolve('on')])).resolves.toBe('on')
  })

  it('a log that takes no more ends the run', async () => {
    const { output, run } = begun()
    rmSync(join(run, 'metrics.jsonl'))
    symlinkSync('/dev/full', join(run, 'metrics.jsonl'))
    expect(() => appendFileSync(join(run, 'metrics.jsonl'), 'x')).toThrow('ENOSPC')
    expect(() => output.add({ type: 'notice', message: 'More.' }, defaultRunConfig())).toThrow(
      'could not be written: the disk is full',
    )
    await expect(output.lost).rejects.toMatchObject({ code: 'not_saved' })
  })
})
