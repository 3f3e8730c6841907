import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { embedScript, embedTypes } from '../../cli/embed-script.ts'

const ROOT = join(import.meta.dirname, '../..')

test('embed.js is one small classic script, and nothing of the studio is in it', async () => {
  const script = await embedScript(ROOT)
  expect(script.length).toBeLessThan(8000)
  expect(script).toContain('customElements.define("lapidary-studio"')
  expect(script).not.toMatch(/\bimport\b|\bexport\b|valibot|createSignal/)
})

const HOST = `
import type { EmbedFile } from './embed.d.ts'
const studio = document.querySelector('lapidary-studio')!
studio.addEventListener('progress', ({ detail }) => console.log(detail.step / detail.maxSteps, detail.loss?.toFixed(2)))
studio.setData({ name: 'rows.csv', text: 'a,b' })
const files: Promise<EmbedFile[]> = studio.start().then(() => studio.adapter())
`

test('embed.d.ts types the element for the page around, and finds its mistakes', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'embed-types-'))
  try {
    await writeFile(join(folder, 'embed.d.ts'), await embedTypes(ROOT))
    const check = async (text: string) => {
      await writeFile(join(folder, 'host.ts'), text)
      const flags = [
        '--ignoreConfig',
        '--noEmit',
        '--strict',
        '--module',
        'esnext',
        '--moduleResolution',
        'bundler',
        '--target',
        'es2022',
      ]
      const run = promisify(execFile)(process.execPath, [
        join(ROOT, 'node_modules/typescript/bin/tsc'),
        ...flags,
        '--allowImportingTsExtensions',
        '--types',
        '',
        join(folder, 'host.ts'),
      ])
      return run.then(
        () => '',
        (error: { stdout: string }) => error.stdout,
      )
    }
    expect(await check(HOST)).toBe('')
    expect(await check(HOST.replace('detail.step', 'detail.stop'))).toContain("'stop'")
  } finally {
    await rm(folder, { recursive: true })
  }
})
