import { existsSync, openAsBlob, readdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join } from 'node:path'
import { type ByteSource, blobSource, bufferSource } from '../src/files/bytes.ts'
import { fail } from '../src/protocol/errors.ts'
import type { AdapterFiles } from '../src/protocol/studio.ts'
import { adapterOfGguf } from '../src/workers/adapter-files.ts'
import { ADAPTER_FILES } from '../src/workers/adapter-folder.ts'
import { isGguf } from '../src/workers/gguf-names.ts'
import { readConfig } from './train-before.ts'

const TEMPLATE = 'chat_template.jinja'

/**
 * An adapter on disk: a folder in PEFT's layout, a `.gguf` file, or a folder with one (such as gguf-lora of a run).
 * @throws LapidaryError `missing_file`, saying what is not there; for what a GGUF is refused for
 */
export async function openAdapterPath(path: string): Promise<AdapterFiles> {
  const gguf = ggufAt(path)
  if (gguf) return adapterOfGguf(blobSource(await openAsBlob(gguf)), basename(gguf))
  for (const name of ADAPTER_FILES)
    if (!existsSync(join(path, name)))
      fail(
        'missing_file',
        isGguf(path) ? `There is no file ${path}.` : `There is no ${name} in ${path}.`,
        "Give --start-from an adapter's folder, such as DIR/adapter of a run before, or its .gguf file.",
        { path: isGguf(path) ? path : join(path, name) },
      )
  const [config, tensors] = ADAPTER_FILES
  const template = join(path, TEMPLATE)
  return {
    config: readConfig(join(path, config)),
    tensors: await openAsBlob(join(path, tensors)),
    ...(existsSync(template) ? { template: readFileSync(template, 'utf8') } : {}),
  }
}

/** The adapter as the files that the page fetches, by name. */
export async function servedAdapter({
  config,
  tensors,
  template,
}: AdapterFiles): Promise<Map<string, ByteSource>> {
  const text = (value: string) => bufferSource(new TextEncoder().encode(value))
  return new Map([
    [ADAPTER_FILES[0], text(JSON.stringify(config))],
    [ADAPTER_FILES[1], blobSource(tensors)],
    ...(template === undefined ? [] : [[TEMPLATE, text(template)] as const]),
  ])
}

/** The one `.gguf` file that a path leads to; null where it is PEFT's layout, or nothing. */
function ggufAt(path: string): string | null {
  const found = existsSync(path) ? statSync(path) : null
  if (found?.isFile() && isGguf(path)) return path
  if (!found?.isDirectory() || existsSync(join(path, ADAPTER_FILES[0]))) return null
  const names = readdirSync(path).filter(isGguf)
  if (names.length > 1)
    fail('bad_model', `${path} has ${names.length} .gguf files.`, 'Name one of them.', {
      path,
      found: names.length,
    })
  return names.length === 1 ? join(path, names[0]!) : null
}
