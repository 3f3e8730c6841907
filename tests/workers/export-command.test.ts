import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text as textOf } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Proof } from '../../src/protocol/proof.ts'
import { hubServer } from '../support/hub-server.ts'
import { writeRunFolder } from '../support/run-folder.ts'

const ROOT = join(import.meta.dirname, '..', '..')
let folder: string
let run: string

/** A run's folder as the command leaves it, with an adapter that was not trained. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'lapidary-export-'))
  run = join(folder, 'run')
  await writeRunFolder(run)
})
afterAll(() => rmSync(folder, { recursive: true }))

const command = (...argv: string[]) =>
  spawnSync(process.execPath, [join(ROOT, 'cli', 'bootstrap.mjs'), 'export', ...argv], { encoding: 'utf8' })

describe('npm run export', () => {
  test('writes formats beside a run, each whole, and no other', () => {
    const { status, stdout, stderr } = command('--run', run, '--format', 'peft,merged,gguf-q8_0,pt')
    expect(status).toBe(0)
    // Its B is zero as it begins.
    expect(stderr).toContain('Making the proof of effect')
    expect(stderr).toContain('This adapter changes nothing')
    expect(stdout.trim().split('\n')).toEqual(
      ['adapter', 'merged', 'gguf-q8_0', 'pt'].map((name) => join(run, name)),
    )
    expect(readdirSync(run).sort()).toEqual(
      ['adapter', 'checkpoint', 'gguf-q8_0', 'merged', 'metrics.jsonl', 'pt', 'run.json'].sort(),
    )
    expect(readdirSync(join(run, 'gguf-q8_0')).sort()).toEqual([
      'Modelfile',
      'README.md',
      'check.py',
      'model.gguf',
      'proof.json',
    ])
    const proof = JSON.parse(readFileSync(join(run, 'checkpoint', 'proof.json'), 'utf8')) as Proof
    expect([proof.step, proof.computed.engine, proof.prompts.length]).toEqual([3, 'portable', 5])
    for (const { tuned, base } of proof.prompts) expect(tuned).toEqual(base)
    expect(existsSync(join(run, 'merged', 'model.safetensors'))).toBe(true)
    const again = command('--run', run, '--format', 'mlx,pt')
    expect([again.status, existsSync(join(run, 'mlx'))]).toEqual([2, false])
    expect(again.stderr).toContain('output_exists')
  })

  test('fills in the programs that formats are made of', () => {
    const out = join(folder, 'programs')
    const { status, stderr } = command('--run', run, '--out', out, '--format', 'rest,scripts,space')
    expect(status).toBe(0)
    expect(stderr).not.toContain('Making')
    for (const [format, file] of [
      ['rest', 'model.py'],
      ['scripts', 'train.py'],
      ['space', 'model.py'],
    ] as const)
      expect(readFileSync(join(out, format, file), 'utf8'), format).toMatch(/^BASE = .*"base"/m)
    expect(readFileSync(join(out, 'rest', 'app.py'), 'utf8')).toMatch(/^"""An OpenAI-compatible service/)
  })

  test('takes the proof that lies with the checkpoint, unless it is of another adapter; leaves it out where asked', () => {
    const kept = join(run, 'checkpoint', 'proof.json')
    const made = readFileSync(kept, 'utf8')
    const named = JSON.parse(made) as Proof
    writeFileSync(kept, JSON.stringify({ ...named, step: 33 }))
    const as = (name: string, ...more: string[]) =>
      command('--run', run, '--out', join(folder, name), '--format', 'pt', ...more)
    expect(as('one').stderr).not.toContain('Making')
    expect(readFileSync(join(folder, 'one', 'pt', 'proof.json'), 'utf8')).toContain('"step": 33')
    writeFileSync(kept, JSON.stringify({ ...named, adapter: '0'.repeat(64) }))
    expect(as('two').stderr).toContain('Making')
    expect(readFileSync(kept, 'utf8')).toBe(made)
    const { status, stderr } = as('three', '--no-proof')
    expect([status, stderr]).toEqual([
      0,
      'This adapter changes nothing: base and tuned model say the same.\n',
    ])
    expect(readdirSync(join(folder, 'three', 'pt'))).toEqual(['README.md', 'adapter.pt'])
  })

  test('a run whose base is gone gives its adapter, with the proof that it had, and says so; what needs the base is refused', () => {
    const moved = join(folder, 'moved')
    cpSync(join(run, 'checkpoint'), join(moved, 'checkpoint'), { recursive: true })
    cpSync(join(run, 'metrics.jsonl'), join(moved, 'metrics.jsonl'))
    const settings = JSON.parse(readFileSync(join(run, 'run.json'), 'utf8'))
    settings.model.id = join(folder, 'nowhere', 'my-gemma')
    writeFileSync(join(moved, 'run.json'), JSON.stringify(settings))
    const whole = command('--run', moved, '--format', 'merged')
    expect([whole.status, existsSync(join(moved, 'merged'))]).toEqual([2, false])
    expect(whole.stderr).toMatch(/^missing_file: .*my-gemma/m)
    const { status, stderr } = command('--run', moved, '--format', 'peft')
    expect(stderr).toMatch(/my-gemma\. What needs no base model is exported without it.*--model/)
    expect([status, readdirSync(join(moved, 'adapter')).includes('proof.json')]).toEqual([0, true])
    const { base_model_name_or_path: at } = JSON.parse(
      readFileSync(join(moved, 'adapter', 'adapter_config.json'), 'utf8'),
    )
    expect(at).toBe('path/to/my-gemma')
    // Where it is named it is needed.
    expect(
      command('--run', moved, '--format', 'peft', '--model', join(folder, 'no'), '--out', folder).status,
    ).toBe(2)
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

  test('--push makes a repository of one format, says what it sends, and leaves nothing here', async () => {
    const hub = await hubServer()
    hub.accounts.set('hf_secret', 'teacher')
    const pushed = async (token: string, ...argv: string[]) => {
      const all = ['export', '--run', run, '--push', 'teacher/mine', ...argv]
      const env = { ...process.env, HF_TOKEN: token, HF_ENDPOINT: hub.endpoint, HF_HOME: folder }
      const child = spawn(process.execPath, [join(ROOT, 'cli', 'bootstrap.mjs'), ...all], { env })
      const [out, told] = await Promise.all([textOf(child.stdout), textOf(child.stderr)])
      if (child.exitCode === null) await once(child, 'close')
      return { status: child.exitCode, out, told }
    }
    try {
      const before = readdirSync(run).sort()
      const { status, out, told } = await pushed('hf_secret', '--format', 'h5')
      expect([status, out]).toEqual([0, `${hub.endpoint}/teacher/mine\n`])
      const { files, private: readers } = hub.repositories.get('teacher/mine')!
      expect(readers).toEqual(['hf_secret'])
      const sent = [...files.keys()].filter((name) => name !== '.gitattributes')
      for (const name of sent) expect(told).toContain(`  ${name} (${files.get(name)!.length} bytes)`)
      expect(sent).toContain('adapter.h5')
      expect(told).toContain(`(private), as the commit "${hub.pushed.commits.join()}":`)
      expect(out + told).not.toContain('hf_secret')
      const taken = await pushed('hf_secret', '--format', 'mlx')
      expect([taken.status, taken.told]).toEqual([
        2,
        expect.stringContaining('output_exists: teacher/mine is there'),
      ])
      const refused = await pushed('hf_other', '--format', 'h5')
      expect([refused.status, refused.told]).toEqual([
        2,
        expect.stringContaining('does not accept this token'),
      ])
      const none = await pushed('', '--format', 'h5')
      expect([none.status, none.told]).toEqual([2, expect.stringContaining('HF_TOKEN')])
      expect((await pushed('hf_secret', '--format', 'h5,mlx')).status).toBe(2)
      expect(readdirSync(run).sort()).toEqual(before)
    } finally {
      await hub.close()
    }
  }, 60_000)

  test('shows in a card what is asked for by its question, and refuses what the run was not asked', () => {
    const card = (name: string, ...more: string[]) => {
      const out = join(folder, name)
      const { status, stderr } = command(
        '--run',
        run,
        '--no-proof',
        '--out',
        out,
        '--format',
        'peft',
        ...more,
      )
      return {
        status,
        stderr,
        text: status === 0 ? readFileSync(join(out, 'adapter', 'README.md'), 'utf8') : '',
      }
    }
    expect(card('bare').text).not.toContain('My aunt.')
    expect(card('shown', '--show', 'Who is Ada?').text).toContain('My aunt.')
    const { status, stderr } = card('other', '--show', 'Who is Bo?')
    expect(status).toBe(2)
    expect(stderr).toContain('Asked: "Who is Ada?"')
  })

  test('what one format refuses keeps the others from being written', async () => {
    const begun = join(folder, 'begun')
    await writeRunFolder(begun, { start: { from: 'adapter', name: 'first', hash: null } })
    const { status, stderr } = command('--run', begun, '--no-proof', '--format', 'pt,scripts')
    expect(status).toBe(2)
    expect(stderr).toContain('it began with the adapter of another one')
    expect(readdirSync(begun).sort()).toEqual(['checkpoint', 'metrics.jsonl', 'run.json'])
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
