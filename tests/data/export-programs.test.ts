import { expect, test } from 'vitest'
import { trainingScripts } from '../../src/export/scripts.ts'
import { gradioSpace, restService } from '../../src/export/serving.ts'
import type { ExportSource } from '../../src/export/source.ts'
import { type ByteSource, readText } from '../../src/files/bytes.ts'
import type { RunEvent } from '../../src/protocol/events.ts'
import { parseRunConfig } from '../../src/protocol/run-config.ts'
import { data } from '../../src/ui/messages/en-data.ts'
import { goldenSource, written } from '../support/export-source.ts'
import { failure } from './helpers.ts'

/** As a run leaves it: its log quotes rows, its config the paths of a machine. */
async function aRun(data: object = {}): Promise<ExportSource> {
  const { source } = await goldenSource('gemma3-tiny')
  const { lora } = source.config
  const config = parseRunConfig({
    lora,
    model: { id: '/home/ann/models/tiny' },
    data: { name: '/home/ann/bees.csv', prompt: 'question', response: 'answer', ...data },
  })
  const metrics = { mean_token_accuracy: 0.5, perplexity: 2, tokens: 7 }
  const events: RunEvent[] = [
    { type: 'eval', step: 0, epoch: 0, eval_loss: 2, metrics },
    { type: 'notice', step: 0, message: 'Row 3 of Ann Lee' },
    { type: 'sample', step: 0, prompt: 'Who owes Ann Lee 40?', base: 'Ann who', tuned: 'Bo' },
    {
      ...{ type: 'step', step: 1, max_steps: 9, epoch: 0.5, loss: 2, mean_token_accuracy: 0, grad_norm: 1 },
      ...{ learning_rate: 1e-3, tokens: 40, tokens_per_second: 1 },
    },
  ]
  return { ...source, config, events: async () => events, template: '{{ messages }}' }
}

const text = (files: ReadonlyMap<string, ByteSource>, path: string) => readText(files.get(path)!, path)

test('the training script has settings and losses of the run, and no row or path of whoever made it', async () => {
  const files = await written(await trainingScripts(await aRun()))
  const names = ['README.md', 'requirements.txt', 'train.py', 'notebook.ipynb', 'run.json', 'log.jsonl']
  expect([...files.keys()].filter((path) => !path.startsWith('base/'))).toEqual([
    ...names,
    'chat_template.jinja',
  ])
  for (const name of names) expect(await text(files, name), name).not.toMatch(/Ann|home\/|@if|__BASE/)
  const log = (await text(files, 'log.jsonl')).trim().split('\n')
  expect(log.map((line) => JSON.parse(line).type)).toEqual(['eval', 'step'])
  expect(await text(files, 'train.py')).toContain('\nBASE = "base"\n')
  // What the Data page calls the rows that may take the file's place.
  for (const name of ['README.md', 'train.py'])
    expect(await text(files, name), name).toContain(`"${data['download.button']}"`)
  expect([...files.keys()].some((path) => path === 'base/config.json')).toBe(true)
})

test('the notebook is the script in cells, with a call in place of the command line', async () => {
  const files = await written(await trainingScripts(await aRun()))
  const { cells, nbformat } = JSON.parse(await text(files, 'notebook.ipynb')) as {
    nbformat: number
    cells: { cell_type: string; id: string; source: string[] }[]
  }
  expect(nbformat).toBe(4)
  const code = cells.filter(({ cell_type }) => cell_type === 'code').map(({ source }) => source.join(''))
  expect(code[0]).toBe('%pip install --quiet -r requirements.txt')
  expect(code.at(-1)).toContain('run(FILE, out="adapter")')
  expect(code.join('\n')).not.toContain('argparse.ArgumentParser(')
  const script = await text(files, 'train.py')
  for (const part of code.slice(1, -1)) expect(script).toContain(part)
  expect(new Set(cells.map(({ id }) => id)).size).toBe(cells.length)
})

test('a run that the script could not repeat is refused by name', async () => {
  await failure(async () => trainingScripts(await aRun({ format: 'kauldron' })), 'unsupported_format')
  const source = await aRun()
  const start = { from: 'run' as const, run: 'a', checkpoint: 'last' as const, hash: null }
  const other = { ...source, config: { ...source.config, start } }
  await failure(async () => trainingScripts(other), 'unsupported_format')
})

test('service and Space hold the adapter, and ask as the run was taught', async () => {
  for (const [make, own] of [
    [restService, ['README.md', 'app.py', 'model.py', 'requirements.txt', 'Dockerfile']],
    [gradioSpace, ['README.md', 'app.py', 'model.py', 'requirements.txt']],
  ] as const) {
    const files = await written(await make(await aRun()))
    const paths = [...files.keys()]
    expect(paths.filter((path) => !path.startsWith('adapter/'))).toEqual(own)
    expect(paths).toContain('adapter/adapter_model.safetensors')
    expect(paths).toContain('adapter/chat_template.jinja')
    expect(paths).toContain('adapter/base/config.json')
    expect(await text(files, 'model.py')).toContain('\nCHAT = True\n')
    for (const name of own) expect(await text(files, name), name).not.toMatch(/Ann|home\/|@if|__[A-Z]+__/)
    const plain = await written(await make(await aRun({ prompt: null, response: null, text: 'story' })))
    expect(await text(plain, 'model.py')).toContain('\nCHAT = False\n')
  }
})
