import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { licences } from '../../cli/licences.ts'

test('licences are those of all packages that a build may hold parts of, nested ones too', () => {
  const root = mkdtempSync(join(tmpdir(), 'lapidary-licences-'))
  const put = (folder: string, about: object, text?: string) => {
    mkdirSync(join(root, folder), { recursive: true })
    writeFileSync(join(root, folder, 'package.json'), JSON.stringify(about))
    if (text) writeFileSync(join(root, folder, 'LICENSE.md'), text)
  }
  try {
    const dependencies = { a: '*', 'playwright-core': '*', missing: '*' }
    put('.', { dependencies, devDependencies: { tool: '*' } })
    put('node_modules/a', { version: '1.0.0', license: 'MIT', dependencies: { b: '1' } }, 'Terms of a')
    put('node_modules/a/node_modules/b', { version: '1.0.0' }, 'Terms of b')
    put('node_modules/b', { version: '2.0.0', license: 'ISC' }, 'Terms of another b')
    put('node_modules/playwright-core', { version: '1.0.0', license: 'Apache-2.0' })
    put('node_modules/tool', { version: '1.0.0', license: 'GPL' })
    const text = licences(root)
    expect(text.match(/^## .*/gm)).toEqual(['## a 1.0.0 (MIT)', '## b 1.0.0 (see below)'])
    expect(text).toContain('Terms of b')
    put('node_modules/a/node_modules/b', { version: '1.0.1' })
    rmSync(join(root, 'node_modules/a/node_modules/b/LICENSE.md'))
    expect(() => licences(root)).toThrow('b 1.0.1 names no licence')
  } finally {
    rmSync(root, { recursive: true })
  }
})

test('of this build they name what only workers use', () => {
  const text = licences(join(import.meta.dirname, '..', '..'))
  for (const name of ['apache-arrow', '@tensorflow/tfjs-core', '@huggingface/jinja', 'solid-js', 'hyparquet'])
    expect(text).toMatch(new RegExp(`^## ${name} \\d`, 'm'))
})
