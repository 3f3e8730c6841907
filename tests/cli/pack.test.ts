import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openPackFile } from '../../src/pack/read.ts'

const ROOT = join(import.meta.dirname, '..', '..')
const MOOD = join(ROOT, 'public', 'datasets', 'mood.csv')
const PICTURE = join(
  ROOT,
  'public',
  'icons',
  readdirSync(join(ROOT, 'public', 'icons')).find((name) => name.endsWith('.png'))!,
)
let folder: string
let lesson: string

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'lapidary-pack-'))
  lesson = join(folder, 'lesson.md')
  writeFileSync(lesson, '# Moods\n\n## Look {#data}\n\nTen rows.\n')
})
afterAll(() => rmSync(folder, { recursive: true }))

/** Without the studio, which would have to be built. */
const command = (...argv: string[]) =>
  spawnSync(process.execPath, [join(ROOT, 'cli', 'bootstrap.mjs'), 'pack', '--no-app', ...argv], {
    encoding: 'utf8',
  })

test('npm run pack writes a pack that opens, the same bytes each time', async () => {
  const write = (output: string) =>
    command(
      '--lesson',
      lesson,
      '--data',
      MOOD,
      '--locked',
      'model,train',
      '--shown',
      'data,train',
      '--output',
      output,
    )
  const [one, two] = ['one', 'two'].map((name) => join(folder, `${name}.lapidary-pack.zip`)) as [
    string,
    string,
  ]
  const { status, stdout, stderr } = write(one)
  expect([status, stderr]).toEqual([0, ''])
  expect(stdout).toMatch(/one\.lapidary-pack\.zip: 3\.\d MB\n$/)
  expect(write(two).status).toBe(0)
  expect(readFileSync(one).equals(readFileSync(two))).toBe(true)
  const { pack, files } = await openPackFile(new Blob([readFileSync(one)]), 'one.lapidary-pack.zip')
  expect(pack).toMatchObject({
    title: 'Moods',
    model: { id: 'pebble', quantization: null, licence: null },
    data: { path: 'data/mood.csv' },
    shown: ['data', 'train'],
    locked: ['train', 'model'].sort(),
  })
  // As the page has it to begin with.
  expect(pack.config.training).toMatchObject({ max_steps: 150, learning_rate: 0.006 })
  const data = files.get('data/mood.csv')!
  expect(Buffer.from(await data.read(0, data.size)).equals(readFileSync(MOOD))).toBe(true)
  // One that is there is not written over.
  const again = write(one)
  expect([again.status, again.stderr.includes('output_exists')]).toEqual([2, true])
})

test.each([
  ['without a lesson', ['--output', 'x'], /bad_config.*--lesson/],
  ['an unknown part', ['--shown', 'data,kitchen'], /bad_config.*kitchen/],
  ['one HTML file without a studio', ['--html'], /bad_config.*--html and --no-app/],
  ['data that cannot be read', ['--data', PICTURE], /unsupported_format/],
  [
    'a column that is not there',
    ['--data', MOOD, '--prompt', 'humour'],
    /missing_column.*"humour".*sentence/,
  ],
  [
    'a place in a file',
    ['--lesson', MOOD, '--output', join(MOOD, 'x.zip')],
    /bad_config.*mood\.csv is a file/,
  ],
  ['an unknown rounding', ['--quantization', 'int2'], /bad_config.*int2/],
])('%s is refused by name, and nothing is written', (_, flags, said) => {
  const own = flags.includes('--output')
    ? flags
    : [...flags, '--lesson', lesson, '--output', join(folder, 'bad.zip')]
  const { status, stderr } = command(...own)
  expect(stderr).toMatch(said)
  expect(status).toBe(2)
  expect(existsSync(join(folder, 'bad.zip'))).toBe(false)
  expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([])
})
