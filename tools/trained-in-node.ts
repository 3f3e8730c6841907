/**
 * Trains the practice model in Node through the page's own rooms, and writes what the page would export:
 *
 *   node --import tsx tools/trained-in-node.ts --data FILE --config run.json --out DIR [--format scripts,rest]
 *
 * DIR gets a folder for each format, and `prepared/` with the rows as JSON lines.
 */
import './in-node.ts'
import { createWriteStream, mkdirSync, openAsBlob, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { parseFlags } from '../cli/args.ts'
import { serve } from '../cli/server.ts'
import { dataFor } from '../src/protocol/recipe.ts'
import { parseRunConfig } from '../src/protocol/run-config.ts'
import type { ExportedFile } from '../src/protocol/studio.ts'

const { Rooms } = await import('./rooms.ts')
const { data, config, out, format } = parseFlags(process.argv.slice(2), {
  data: 'text',
  config: 'text',
  out: 'text',
  format: 'list',
})
if (!data || !config || !out) throw new Error('--data, --config and --out are needed')
const server = await serve({ root: join(import.meta.dirname, '..', 'public') })
const rooms = new Rooms(server.url)
const dataset = await rooms.data.openFiles([new File([await openAsBlob(data)], basename(data))])
const given = parseRunConfig(JSON.parse(readFileSync(config, 'utf8')))
const whole = {
  ...given,
  engine: { ...given.engine, kind: 'portable' as const },
  data: { ...dataFor(given.data, dataset), hash: dataset.hash },
}
const recipe = { dataset: dataset.id, model: 'pebble', config: whole }
await rooms.data.prepare(recipe)
const { run } = await rooms.run({ ...recipe, samplePrompts: [] })
// As the page does with the first download.
await rooms.runs.prove(run)
for (const id of format ?? ['scripts']) await written(id, await rooms.runs.exportRun(run, id))
await written('prepared', await rooms.data.exportData(recipe, 'jsonl'))
await server.close()
process.exit(0)

async function written(folder: string, files: readonly ExportedFile[]): Promise<void> {
  for (const file of files) {
    const path = join(out!, folder, file.path)
    mkdirSync(dirname(path), { recursive: true })
    await pipeline(file.chunks(), createWriteStream(path))
  }
}
