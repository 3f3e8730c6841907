import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
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
})
