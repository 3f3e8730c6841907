import { existsSync, openAsBlob, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { addsNothing, effectOf } from '../src/export/proof.ts'
import type { ExportSource } from '../src/export/source.ts'
import { fail, listed, toFailure } from '../src/protocol/errors.ts'
import type { RunEvent, SampleEvent } from '../src/protocol/events.ts'
import { blobFile } from '../src/protocol/exported.ts'
import { CHANGES_NOTHING, type Proof } from '../src/protocol/proof.ts'
import type { RunConfig } from '../src/protocol/run-config.ts'
import type { ExportedFile } from '../src/protocol/studio.ts'
import { shownRows } from '../src/runs/shown-rows.ts'
import { manifestHash } from '../src/storage/models.ts'
import { parseMeta } from '../src/trainer/checkpoint.ts'
import { CHAT_PAGE, CHAT_PAGE_LIST } from '../src/workers/chat-page-files.ts'
import { exportSource } from '../src/workers/export-source.ts'
import { type OpenModel, openFiles } from '../src/workers/library.ts'
import { ensureBuilt, ROOT } from './build.ts'
import { descriptionOf, type From } from './checkpoint-folder.ts'
import { loadFormat } from './export-formats.ts'
import { proofFor } from './export-proof.ts'
import { hashOf, openModelPath } from './model-path.ts'
import { readRun } from './train-before.ts'
import { modelOf, modelOfConfig } from './train-job.ts'

/** A checkpoint of a run's folder, as formats of export ask for it. */

/**
 * Events of a run's log.
 * @param count so many of the first; by default all that were written whole
 */
export function loggedEvents(run: string, count = Number.POSITIVE_INFINITY): RunEvent[] {
  const lines = readFileSync(join(run, 'metrics.jsonl'), 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .slice(0, count)
  return lines.flatMap((line, i) => {
    try {
      return [JSON.parse(line) as RunEvent]
    } catch (error) {
      // A crash may have cut off the last line, which is behind the checkpoint then.
      if (i === lines.length - 1) return []
      throw error
    }
  })
}

/** @param proven whether with the proof, which may have to be made */
export async function sourceOf(
  run: string,
  from: From,
  given: string | undefined,
  proven: boolean,
  show: readonly string[] = [],
): Promise<ExportSource> {
  const config = readRun(run)
  const description = join(run, 'checkpoint', descriptionOf(from))
  if (!existsSync(description))
    fail(
      'missing_file',
      `There is no checkpoint in ${run} yet.`,
      'Go on with the run first: npm run train -- --resume.',
      {
        path: description,
      },
    )
  const json = JSON.parse(readFileSync(description, 'utf8')) as { tensors: string }
  const meta = parseMeta(json)
  const template = join(run, 'checkpoint', 'chat_template.jinja')
  // Found before anything is written. Without it the adapter can still be had, as on the page.
  let gone: unknown = null
  const model = await baseOf(given, config, meta.hashes.base).catch((error: unknown) => {
    if (given !== undefined || toFailure(error).code !== 'missing_file') throw error
    gone = error
    say(
      `${toFailure(error).message} What needs no base model is exported without it, and says only what it was called; --model names another place.`,
    )
    return null
  })
  const found = async (): Promise<OpenModel> => {
    if (!model) throw gone
    return model
  }
  const tensors = await openAsBlob(join(run, 'checkpoint', json.tensors))
  const proof = proven ? await proofOrWhyNot(run, { config, model: found, meta, tensors, from }) : null
  const source = exportSource({
    config,
    baseModel: model?.info.name ?? config.model.id,
    template: existsSync(template) ? readFileSync(template, 'utf8') : null,
    meta,
    tensors,
    proof,
    shown: requireShown(loggedEvents(run, meta.event_count), show, meta.step),
    events: async () => loggedEvents(run),
    model: found,
    chatPage: builtChatPage,
  })
  if (addsNothing(await source.lora()) || (proof && effectOf(proof) === 0)) say(CHANGES_NOTHING)
  return source
}

/** A checkpoint has the proof beside it, too. */
export const carriesProof = async (format: string) =>
  format === 'checkpoint' || (await loadFormat(format)).check !== undefined

const say = (text: string) => process.stderr.write(`${text}\n`)

/** What is exported is the same without it, and not lost with it. */
async function proofOrWhyNot(
  ...[run, checkpoint]: [string, Parameters<typeof proofFor>[1]]
): Promise<Proof | null> {
  try {
    return await proofFor(run, checkpoint, () =>
      say('Making the proof of effect: base and tuned model answer five prompts ...'),
    )
  } catch (error) {
    const { message, hint, detail } = toFailure(error)
    // Of a damaged checkpoint there is nothing to export.
    if (detail?.checkpoint !== undefined) throw error
    say(`Exported without a proof of effect: ${message} ${hint ?? ''}`.trim())
    return null
  }
}

/** @throws LapidaryError `bad_model` where it is not what the run was trained on */
async function baseOf(given: string | undefined, config: RunConfig, wanted: string): Promise<OpenModel> {
  const { name, path } = given === undefined ? await modelOfConfig(config) : await modelOf(given)
  const files = await openModelPath(path ?? join(ROOT, 'public', 'models', 'pebble'))
  const hashes: Record<string, { hash: string }> = {}
  for (const [file, source] of files) hashes[file] = { hash: await hashOf(source) }
  const hash = manifestHash(hashes)
  if (hash !== wanted)
    fail(
      'bad_model',
      `${name} is not what this run was trained on.`,
      'Give the model that it was trained on with --model, wherever it lies and whatever it is called: it is known by its hash.',
      {
        expected: wanted,
        found: hash,
      },
    )
  const called =
    path === null
      ? 'Pebble'
      : (name
          .replace(/[\\/]+$/, '')
          .split(/[\\/]/)
          .at(-1) as string)
  return openFiles(path === null ? 'pebble' : name, called, files, hash)
}

/** Of the studio as it is built here. */
async function builtChatPage(): Promise<ExportedFile[]> {
  const folder = join(await ensureBuilt((text) => console.error(text)), CHAT_PAGE)
  const paths = JSON.parse(readFileSync(join(folder, CHAT_PAGE_LIST), 'utf8')) as string[]
  return Promise.all(paths.map(async (path) => blobFile(path, await openAsBlob(join(folder, path)))))
}

/** @throws LapidaryError `bad_config` for what the run was not asked, naming what it was */
function requireShown(events: readonly RunEvent[], prompts: readonly string[], step: number): SampleEvent[] {
  const asked = [...new Set(events.flatMap((event) => (event.type === 'sample' ? [event.prompt] : [])))]
  for (const prompt of prompts)
    if (!asked.includes(prompt))
      fail(
        'bad_config',
        `--show ${prompt} is no question that the run was asked.`,
        `Asked: ${listed(asked)}.`,
        {
          flag: '--show',
        },
      )
  return shownRows(events, prompts, step)
}
