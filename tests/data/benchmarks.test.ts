import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import Papa from 'papaparse'
import { describe, expect, it } from 'vitest'
import { BENCHMARKS, benchmark, refuseBenchmark } from '../../src/runs/benchmarks.ts'

const PUBLIC = join(import.meta.dirname, '../../public')
const FOLDER = join(PUBLIC, 'benchmarks')

type Row = Record<string, string>
const rowsOf = (path: string): Row[] =>
  path.endsWith('.jsonl')
    ? readFileSync(path, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as Row)
    : Papa.parse<Row>(readFileSync(path, 'utf8'), { header: true, skipEmptyLines: true }).data
const plain = (text: string) =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, ' ')
    .trim()

describe.each(BENCHMARKS)('the benchmark set $id', ({ file, hash, rows, kind, prompt, response }) => {
  const found = rowsOf(join(FOLDER, file))

  it('is the file that it is known by', () => {
    const bytes = readFileSync(join(FOLDER, file))
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(hash)
    expect(found).toHaveLength(rows)
    expect(Object.keys(found[0]!)).toEqual([prompt, response])
    for (const row of found) expect([row[prompt]?.trim(), row[response]?.trim()]).not.toContain('')
  })

  it('asks nothing twice, and each label as often as the others', () => {
    expect(new Set(found.map((row) => plain(row[prompt]!))).size).toBe(rows)
    const counts = new Map<string, number>()
    for (const row of found) counts.set(row[response]!, (counts.get(row[response]!) ?? 0) + 1)
    if (kind === 'labels') expect(new Set(counts.values()).size).toBe(1)
    else expect(counts.size).toBeGreaterThan(rows / 2)
  })

  it('has no question of the sample data', () => {
    const asked = new Set(found.map((row) => plain(row[prompt]!)))
    const samples = JSON.parse(readFileSync(join(PUBLIC, 'datasets/index.json'), 'utf8')) as {
      file: string
      prompt: string
    }[]
    for (const sample of samples)
      for (const row of rowsOf(join(PUBLIC, 'datasets', sample.file)))
        expect(asked.has(plain(row[sample.prompt]!)), row[sample.prompt]).toBe(false)
  })

  it('is refused to learn from', () => {
    expect(() => refuseBenchmark(hash)).toThrow(expect.objectContaining({ code: 'bad_data' }))
    expect(() => refuseBenchmark(null)).not.toThrow()
    expect(() => refuseBenchmark('0'.repeat(64))).not.toThrow()
  })
})

it('every file of the folder is a set or says whose they are', () => {
  const files = BENCHMARKS.map(({ file }) => file)
  expect(readdirSync(FOLDER).sort()).toEqual([...files, 'README.md'].sort())
  const words = readFileSync(join(FOLDER, 'README.md'), 'utf8')
  for (const { file, rows, from } of BENCHMARKS) {
    expect(words).toContain(`\`${file}\` | ${rows} |`)
    if (from)
      for (const said of [from.url, from.title, 'creativecommons.org/licenses/by/4.0/'])
        expect(words).toContain(said)
  }
  expect(() => benchmark('nope')).toThrow(/no benchmark set "nope"/)
})
