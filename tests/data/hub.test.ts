import { gzipSync, zipSync } from 'fflate'
import { describe, expect, test } from 'vitest'
import { openDataset } from '../../src/dataset/open.ts'
import { hubConfigs, hubFiles, searchHub } from '../../src/dataset/sources/hub.ts'
import { globPattern, layOut } from '../../src/dataset/sources/hub-layout.ts'
import { tableRows } from '../../src/files/table.ts'
import { asked, type Behaviour, base, paths, refusal } from './fake-server.ts'
import { goldenFile } from './golden-files.ts'
import { utf8 } from './helpers.ts'

describe('the Hugging Face Hub', () => {
  const services = () => ({ hub: base, server: base, wait: 1 })
  const file = (config: string, split: string, i: number, size: number) => ({
    dataset: 'owner/name',
    config,
    split,
    url: `${base}/datasets/owner/name/resolve/refs%2Fconvert%2Fparquet/${config}/${split}/000${i}.parquet`,
    filename: `000${i}.parquet`,
    size,
  })
  const bytes = goldenFile('text-snappy.parquet')

  /** As the two services answered when this was written. */
  function offer(more: Behaviour = {}, partial = false): void {
    const files = [
      file('main', 'train', 0, bytes.length),
      file('main', 'train', 1, bytes.length),
      file('main', 'test', 0, bytes.length),
      file('socratic', 'train', 0, bytes.length),
    ]
    paths.set('/parquet?dataset=owner%2Fname', {
      json: { parquet_files: files, pending: [], failed: [], partial },
      ...more,
    })
    for (const { url } of files) paths.set(new URL(url).pathname, { bytes, ranges: true, ...more })
  }

  test('search', async () => {
    paths.set('/api/datasets?search=grade+school&sort=downloads&direction=-1&limit=20', {
      json: [
        {
          _id: '621ffdd236468d709f181d58',
          id: 'openai/gsm8k',
          author: 'openai',
          gated: false,
          private: false,
          likes: 700,
          downloads: 500_000,
          description: '\n\t\tDataset Card\n\n  Grade school math.',
          tags: ['license:mit', 'size_categories:10K<n<100K', 'format:parquet'],
        },
        { id: 'a/b', gated: 'auto', private: true },
      ],
    })
    expect(await searchHub(' grade school ', services())).toEqual([
      {
        id: 'openai/gsm8k',
        downloads: 500_000,
        likes: 700,
        summary: 'Dataset Card Grade school math.',
        size: '10K<n<100K',
        license: 'mit',
        gated: false,
        private: false,
      },
      {
        id: 'a/b',
        downloads: 0,
        likes: 0,
        summary: '',
        size: null,
        license: null,
        gated: true,
        private: true,
      },
    ])
  })

  test('configurations and splits, with the size of the download', async () => {
    offer()
    expect(await hubConfigs('owner/name', services())).toEqual({
      dataset: 'owner/name',
      partial: false,
      configs: [
        {
          name: 'main',
          splits: [
            { name: 'train', bytes: 2 * bytes.length, files: 2 },
            { name: 'test', bytes: bytes.length, files: 1 },
          ],
        },
        { name: 'socratic', splits: [{ name: 'train', bytes: bytes.length, files: 1 }] },
      ],
    })
  })

  test('the files of a split as one data set', async () => {
    offer({}, true)
    const found = await hubFiles('owner/name', undefined, undefined, services())
    expect([found.name, found.sources.length]).toEqual(['owner/name (main, train)', 2])
    expect(found.findings[0]!.message).toContain('first part')
    // Files are asked for when they are read, not all at once.
    expect(asked.map(({ path }) => path)).toEqual(['/parquet?dataset=owner%2Fname'])
    const dataset = await openDataset(found.sources)
    const one = await openDataset({
      name: 'x.parquet',
      source: (await hubFiles('owner/name', 'main', 'test', services())).sources[0]!.source,
    })
    expect(dataset.table.numRows).toBe(2 * one.table.numRows)
    expect(tableRows(dataset.table).slice(one.table.numRows)).toEqual(tableRows(one.table))
  })

  test('files that are not as listed are refused', async () => {
    offer()
    const { pathname } = new URL(file('main', 'test', 0, 0).url)
    const read = async () => {
      const { sources } = await hubFiles('owner/name', 'main', 'test', services())
      return openDataset(sources)
    }
    paths.set(pathname, { bytes: bytes.slice(0, -100), ranges: true })
    expect(await refusal(read())).toMatchObject({ code: 'bad_file', detail: { byte: 0 } })
    paths.set(pathname, { bytes })
    expect(await refusal(read())).toMatchObject({ code: 'network' })
  })

  test('a wrong choice says what there is', async () => {
    offer()
    const config = await refusal(hubFiles('owner/name', 'other', undefined, services()))
    expect([config.code, config.hint]).toEqual(['bad_data', 'Choose one of: main, socratic.'])
    const split = await refusal(hubFiles('owner/name', 'socratic', 'test', services()))
    expect(split.hint).toBe('Choose one of: train.')
  })

  test('private and gated ones want a token, and it goes with each request', async () => {
    offer({ token: 'hf_1' })
    paths.set('/api/datasets/owner/name/tree/main', { json: [], token: 'hf_1' })
    const without = await refusal(hubConfigs('owner/name', services()))
    expect(without).toMatchObject({ code: 'network', detail: { status: 401 } })
    expect(without.message).toContain('private or gated')
    const access = { ...services(), token: 'hf_1' }
    asked.length = 0
    const { sources } = await hubFiles('owner/name', 'main', 'test', access)
    expect((await openDataset(sources)).table.numRows).toBeGreaterThan(0)
    expect(asked.every(({ token }) => token === 'hf_1')).toBe(true)
    const missing = await refusal(hubConfigs('owner/none', access))
    expect(missing.code).toBe('missing_file')
  })

  test('answers of another shape', async () => {
    paths.set('/parquet', { json: { error: 'x' } })
    expect((await refusal(hubConfigs('a/b', services()))).code).toBe('network')
    paths.set('/api/datasets', { bytes: utf8('<no json>') })
    expect((await refusal(searchHub('x', services()))).code).toBe('network')
  })
})

/** As the Hub's tree answered when this was written: `lfs` where a file is kept apart, with the size of both. */
const directory = (path: string) => ({ type: 'directory', oid: '0f1d', size: 0, path })
const small = (path: string, bytes: Uint8Array) => ({
  type: 'file',
  oid: 'a82d',
  size: bytes.length,
  path,
})
const large = (path: string, bytes: Uint8Array) => ({
  type: 'file',
  oid: 'c5f9',
  size: 134,
  lfs: { oid: '5fdc', size: bytes.length, pointerSize: 134 },
  xetHash: '77ab',
  path,
})

describe('a data set without Parquet files of the Hub', () => {
  const services = () => ({ hub: base, server: base, wait: 1 })
  const NO_SCRIPTS = "The dataset viewer doesn't support this dataset because it runs arbitrary Python code."

  /** Offers a repository's files, and no Parquet. */
  function repository(
    files: Record<string, string | Uint8Array>,
    more: Behaviour = {},
    parquet: Behaviour = { status: 501, json: { error: NO_SCRIPTS } },
  ): void {
    paths.set('/parquet?dataset=o%2Fn', parquet)
    const entries = Object.entries(files).map(([path, text]) => {
      const bytes = typeof text === 'string' ? utf8(text) : text
      paths.set(`/datasets/o/n/resolve/main/${path.split('/').map(encodeURIComponent).join('/')}`, {
        bytes,
        ranges: true,
        ...more,
      })
      return /\.(parquet|zip|gz)$/.test(path) ? large(path, bytes) : small(path, bytes)
    })
    const tree = [small('.gitattributes', utf8('x')), directory('data'), ...entries]
    paths.set('/api/datasets/o/n/tree/main?recursive=true', { json: tree, ...more })
  }
  const splitsOf = async () => {
    const { configs } = await hubConfigs('o/n', services())
    return configs.map(({ name, splits }) => [name, ...splits.map((split) => `${split.name} ${split.files}`)])
  }
  const rowsOf = async (config?: string, split?: string, access = {}) => {
    const { sources } = await hubFiles('o/n', config, split, { ...services(), ...access })
    return tableRows((await openDataset(sources)).table)
  }
  const csv = (n: number) => `q,a\nasked ${n},told ${n}\n`

  test.each<[string, Behaviour]>([
    ['a script', { status: 501, json: { error: NO_SCRIPTS } }],
    ['unknown', { status: 404, json: { error: 'Not found.' } }],
    [
      'private',
      {
        status: 401,
        json: { error: 'The dataset does not exist, or is not accessible without authentication.' },
      },
    ],
    ['broken', { status: 500, json: { error: 'The server encountered an error.' } }],
    [
      'none yet',
      { json: { parquet_files: [], pending: [{ kind: 'config-parquet' }], failed: [], partial: false } },
    ],
  ])('its own files are read, with their sizes: %s', async (_, parquet) => {
    repository({ 'train.csv': csv(1), 'test.csv': csv(2), 'README.md': '# A card' }, {}, parquet)
    expect(await hubConfigs('o/n', services())).toEqual({
      dataset: 'o/n',
      partial: false,
      configs: [
        {
          name: 'default',
          splits: [
            { name: 'train', bytes: csv(1).length, files: 1 },
            { name: 'test', bytes: csv(2).length, files: 1 },
          ],
        },
      ],
    })
    expect(await rowsOf(undefined, 'test')).toEqual([{ q: 'asked 2', a: 'told 2' }])
    expect((await hubFiles('o/n', undefined, undefined, services())).name).toBe('o/n (train)')
  })

  test('every format that can be read, packed or not', async () => {
    const line = '{"q":"asked 1","a":"told 1"}\n'
    const formats: [string, Uint8Array][] = [
      ['x.jsonl', utf8(line)],
      ['x.json', utf8(`[${line}]`)],
      ['x.csv.gz', gzipSync(utf8(csv(1)))],
      ['x.jsonl.gz', gzipSync(utf8(line))],
      ['x.zip', zipSync({ 'in/x.csv': utf8(csv(1)) })],
      ['x.tsv', utf8('q\ta\nasked 1\ttold 1\n')],
    ]
    for (const [name, bytes] of formats) {
      repository({ [name]: bytes })
      expect(await rowsOf(), name).toEqual([{ q: 'asked 1', a: 'told 1' }])
    }
    for (const name of ['text-snappy.parquet', 'text-none.arrow']) {
      repository({ [name]: goldenFile(name) })
      expect((await rowsOf()).length, name).toBeGreaterThan(0)
    }
    repository({ 'a b/é.txt': 'one\ntwo\n' })
    expect(await rowsOf()).toEqual([{ text: 'one' }, { text: 'two' }])
  })

  test('large files count with their own size, not that of what stands for them', async () => {
    const bytes = goldenFile('text-snappy.parquet')
    repository({ 'data/train-00000-of-00002.parquet': bytes, 'data/train-00001-of-00002.parquet': bytes })
    const { configs } = await hubConfigs('o/n', services())
    expect(configs[0]!.splits).toEqual([{ name: 'train', bytes: 2 * bytes.length, files: 2 }])
    asked.length = 0
    const { sources } = await hubFiles('o/n', 'default', 'train', services())
    expect(sources.map(({ name }) => name)).toEqual([
      'data/train-00000-of-00002.parquet',
      'data/train-00001-of-00002.parquet',
    ])
    // The files themselves are asked for when they are read.
    expect(asked).toHaveLength(2)
  })

  test('the card says which files are which, the one it prefers first', async () => {
    repository({
      'README.md': `---
license: mit
configs:
- config_name: hard
  data_files:
  - split: train
    path: "hard/*.csv"
  - split: held_out
    path: ["other/a.csv", other/b.csv]
- config_name: easy
  default: true
  data_files: easy.csv
- config_name: by_folder
  data_dir: folder
---
# A card
configs: none here
`,
      'hard/1.csv': csv(1),
      'hard/2.csv': csv(2),
      'hard/deeper/3.csv': csv(3),
      'other/a.csv': csv(4),
      'other/b.csv': csv(5),
      'easy.csv': csv(6),
      'folder/dev/x.csv': csv(7),
      'folder/train/x.csv': csv(8),
    })
    expect(await splitsOf()).toEqual([
      ['easy', 'train 1'],
      ['hard', 'train 2', 'held_out 2'],
      ['by_folder', 'train 1', 'validation 1'],
    ])
    expect(await rowsOf()).toEqual([{ q: 'asked 6', a: 'told 6' }])
    expect((await rowsOf('hard', 'held_out')).map(({ q }) => q)).toEqual(['asked 4', 'asked 5'])
  })

  test('a broken card is said, and names are gone by', async () => {
    repository({ 'README.md': '---\na: [1\nb: {\n---\n', 'val/x.csv': csv(1), 'train/x.csv': csv(2) })
    const { findings, sources } = await hubFiles('o/n', undefined, 'validation', services())
    expect(findings.map(({ message }) => message)).toEqual([
      expect.stringContaining('card of o/n cannot be read'),
    ])
    expect(sources.map(({ name }) => name)).toEqual(['x.csv'])
  })

  test('a tree of several pages, on this host only', async () => {
    const tree = (n: number) => [small(`data/${n}.csv`, utf8(csv(n)))]
    paths.set('/api/datasets/o/n/tree/main?recursive=true', {
      json: tree(1),
      headers: { Link: `<${base}/api/datasets/o/n/tree/main?recursive=true&cursor=Zm9v>; rel="next"` },
    })
    paths.set('/api/datasets/o/n/tree/main?recursive=true&cursor=Zm9v', {
      json: tree(2),
      headers: { Link: '<https://example.invalid/x>; rel="next"' },
    })
    expect(await splitsOf()).toEqual([['default', 'train 2']])
  })

  test('private ones with a token, which goes to each request', async () => {
    repository(
      { 'x.csv': csv(1), 'README.md': '---\nconfigs: []\n---' },
      { token: 'hf_1' },
      { status: 401, json: {} },
    )
    const without = await refusal(hubConfigs('o/n', services()))
    expect(without).toMatchObject({ code: 'network', detail: { status: 401 } })
    expect(without.message).toContain('private or gated')
    asked.length = 0
    expect(await rowsOf(undefined, undefined, { token: 'hf_1' })).toHaveLength(1)
    expect(asked.every(({ token }) => token === 'hf_1')).toBe(true)
  })

  test('nothing to read, and nothing at all', async () => {
    repository({ 'script.py': 'x', 'images/1.png': 'x', 'empty.csv': '' })
    const none = await refusal(hubFiles('o/n', undefined, undefined, services()))
    expect(none).toMatchObject({ code: 'unsupported_format', detail: { dataset: 'o/n' } })
    paths.clear()
    expect((await refusal(hubConfigs('o/n', services()))).code).toBe('missing_file')
  })
})

describe('splits by names', () => {
  const layout = (...names: string[]) =>
    layOut(
      names.map((path) => ({ path, size: 1 })),
      [],
    ).map(({ split, files }) => `${split}: ${files.map(({ path }) => path).join(' ')}`)

  test.each<[string[], string[]]>([
    [['data.csv'], ['train: data.csv']],
    [
      ['train.csv', 'test.csv'],
      ['train: train.csv', 'test: test.csv'],
    ],
    [
      ['my_dataset_train.jsonl', 'my_dataset_valid.jsonl'],
      ['train: my_dataset_train.jsonl', 'validation: my_dataset_valid.jsonl'],
    ],
    [
      ['gsm8k-dev.json', 'gsm8k-eval.json'],
      ['validation: gsm8k-dev.json', 'test: gsm8k-eval.json'],
    ],
    [
      ['training/a.csv', 'training/b.csv', 'evaluation/a.csv'],
      ['train: training/a.csv training/b.csv', 'test: evaluation/a.csv'],
    ],
    [
      ['v1/train/a.csv', 'v1/test_set/a.csv'],
      ['train: v1/train/a.csv', 'test: v1/test_set/a.csv'],
    ],
    [
      [
        'data/train-00001-of-00002.parquet',
        'data/train-00000-of-00002.parquet',
        'data/test-00000-of-00001-ab12.parquet',
      ],
      [
        'train: data/train-00000-of-00002.parquet data/train-00001-of-00002.parquet',
        'test: data/test-00000-of-00001-ab12.parquet',
      ],
    ],
    [
      ['data/easy-00000-of-00001.parquet', 'data/train-00000-of-00001.parquet'],
      ['train: data/train-00000-of-00001.parquet', 'easy: data/easy-00000-of-00001.parquet'],
    ],
    // Words that only contain a keyword say nothing.
    [['trained.csv', 'contest.csv', 'latest.csv'], ['train: contest.csv latest.csv trained.csv']],
    // One format of several, without what describes it.
    [
      [
        'a.csv',
        'b.csv',
        'a.json',
        'dataset_infos.json',
        'README.md',
        '.x/c.csv',
        '__pycache__/d.csv',
        'plot.png',
      ],
      ['train: a.csv b.csv'],
    ],
    [['a.parquet', 'a.csv'], ['train: a.parquet']],
    [['train.png', 'rows.csv'], ['train: rows.csv']],
    [['x.png'], []],
  ])('%j', (names, expected) => {
    expect(layout(...names)).toEqual(expected)
  })

  test.each([
    ['*.csv', ['a.csv'], ['x/a.csv', 'a.csv.gz', 'acsv']],
    ['**/*.csv', ['a.csv', 'x/y/a.csv'], ['a.tsv']],
    ['data/**', ['data/a', 'data/x/b'], ['other/a', 'data']],
    ['part-[0-9]?.json', ['part-1x.json'], ['part-ax.json', 'part-1.json']],
    ['[!a]*.txt', ['b.txt'], ['a.txt']],
    ['a+(b).csv', ['a+(b).csv'], ['aab.csv']],
  ])('pattern %s', (glob, fit, others) => {
    const pattern = globPattern(glob)
    expect(fit.filter((path) => !pattern.test(path))).toEqual([])
    expect(others.filter((path) => pattern.test(path))).toEqual([])
  })
})
