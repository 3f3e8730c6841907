/**
 * Writes pairs in every format that data are exported in: `npx tsx tools/export-data.ts FOLDER < pairs.json`, for peers to
 * read with the libraries these formats are for. `several` is one conversation of the first four prompts.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { csvFiles } from '../src/export/data/csv.ts'
import { jsonLinesFiles } from '../src/export/data/jsonl.ts'
import { kauldronFiles } from '../src/export/data/kauldron.ts'
import { parquetFiles } from '../src/export/data/parquet.ts'
import type { DataFile } from '../src/export/data/rows.ts'
import { parseRunConfig } from '../src/protocol/run-config.ts'

const [folder = '.'] = process.argv.slice(2)
const pairs: { prompt: string; response: string }[] = JSON.parse(readFileSync(0, 'utf8'))
const train = pairs.map(({ prompt, response }) => ({
  messages: [
    { role: 'user' as const, content: prompt },
    { role: 'assistant' as const, content: response },
  ],
}))
const turns = pairs.slice(0, 4).map(({ prompt }, i) => ({
  role: i % 2 === 0 ? ('user' as const) : ('assistant' as const),
  content: prompt,
}))
const config = parseRunConfig({
  version: 1,
  training: {
    per_device_train_batch_size: 4,
    max_length: 257,
    max_steps: 3,
    warmup_steps: 1,
    learning_rate: 0.01,
  },
})
const formats: Record<string, DataFile[]> = {
  jsonl: jsonLinesFiles({ train }),
  csv: csvFiles({ train }),
  parquet: parquetFiles({ train }),
  several: parquetFiles({ train: [{ messages: turns }] }),
  kauldron: kauldronFiles({ train: pairs, validation: pairs.slice(0, 5) }, { ...config, model: null }),
}
async function write(): Promise<void> {
  for (const [format, files] of Object.entries(formats))
    for (const { path, blob } of files) {
      const target = join(folder, format, path)
      mkdirSync(dirname(target), { recursive: true })
      writeFileSync(target, new Uint8Array(await blob.arrayBuffer()))
    }
}
await write()
