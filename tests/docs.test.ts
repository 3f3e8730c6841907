import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '..')

test.each([
  ['docs/architecture.md', 60],
  ['CONTRIBUTING.md', 5],
])('%s names files and folders that are there', (page, least) => {
  const text = readFileSync(join(ROOT, page), 'utf8')
  const quoted = [...text.matchAll(/`((?:src|cli|tests|docs|peers|bench)\/[^`\s]+)`/g)].map(
    ([, path]) => path!,
  )
  const linked = [...text.matchAll(/\]\(([^)#:]+)\)/g)].map(([, path]) => join(page, '..', path!))
  // NAME stands for what is yet to be written, * for several.
  const named = [...new Set([...quoted, ...linked])].filter((path) => !/NAME|\*/.test(path))
  expect(named.length).toBeGreaterThanOrEqual(least)
  expect(named.filter((path) => !existsSync(join(ROOT, path)))).toEqual([])
})

test('the change log has a heading for what is not released, and says the version of the package', () => {
  const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }
  const text = readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8')
  expect(text).toContain('\n## [Unreleased]\n')
  expect(text).toContain(version)
})

test('no page holds what two versions of it left when they were put together', () => {
  const pages = ['.', 'docs', 'public', 'hosting', 'tools', 'peers'].flatMap((folder) =>
    readdirSync(join(ROOT, folder), { recursive: folder !== '.', encoding: 'utf8' })
      .filter((name) => /\.(md|txt)$/.test(name))
      .map((name) => join(folder, name)),
  )
  expect(pages.length).toBeGreaterThan(40)
  const torn = /^(<{7}|={7}|>{7})( |$)/m
  expect(pages.filter((page) => torn.test(readFileSync(join(ROOT, page), 'utf8')))).toEqual([])
})
