import { describe, expect, test, vi } from 'vitest'
import { openDataset } from '../../src/dataset/open.ts'
import { hubConfigs, hubFiles, searchHub } from '../../src/dataset/sources/hub.ts'
import { tableRows } from '../../src/files/table.ts'
import { asked, type Behaviour, base, paths, refusal } from './fake-server.ts'
import { goldenFile } from './golden-files.ts'
import { utf8 } from './helpers.ts'

// Machines that run other things beside the tests are slow.
vi.setConfig({ testTimeout: 60_000 })

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
    const splits = [
      { dataset: 'owner/name', config: 'main', split: 'train' },
      { dataset: 'owner/name', config: 'main', split: 'test' },
      { dataset: 'owner/name', config: 'socratic', split: 'train' },
    ]
    const files = [
      file('main', 'train', 0, bytes.length),
      file('main', 'train', 1, bytes.length),
      file('main', 'test', 0, bytes.length),
      file('socratic', 'train', 0, bytes.length),
    ]
    paths.set('/splits?dataset=owner%2Fname', { json: { splits, pending: [], failed: [] }, ...more })
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

  test('one that the Hub has no tables of, and answers of another shape', async () => {
    paths.set('/splits', { json: { splits: [], pending: [], failed: [] } })
    paths.set('/parquet', { json: { parquet_files: [], pending: [], failed: [], partial: false } })
    expect((await refusal(hubConfigs('a/b', services()))).code).toBe('unsupported_format')
    expect((await refusal(hubFiles('a/b', undefined, undefined, services()))).code).toBe('unsupported_format')
    paths.set('/parquet', { json: { error: 'x' } })
    expect((await refusal(hubConfigs('a/b', services()))).code).toBe('network')
    paths.set('/api/datasets', { bytes: utf8('<no json>') })
    expect((await refusal(searchHub('x', services()))).code).toBe('network')
  })
})
