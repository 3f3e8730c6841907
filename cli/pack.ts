import { existsSync, openAsBlob, statSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { openDataset } from '../src/dataset/open.ts'
import { blobSource } from '../src/files/bytes.ts'
import { columnNames } from '../src/files/table.ts'
import { parameterCount } from '../src/model/tensors.ts'
import { LOCKS, PARTS, PLACES } from '../src/protocol/embed.ts'
import { fail } from '../src/protocol/errors.ts'
import { blobFile } from '../src/protocol/exported.ts'
import { ONE_FILE_ENDING, PACK_ENDING } from '../src/protocol/pack.ts'
import { parseRunConfig, type RunConfig } from '../src/protocol/run-config.ts'
import { lessonTitle, readLessonFile } from '../src/runs/lesson.ts'
import { PROFILES, type ProfileId, recommend } from '../src/runs/profiles.ts'
import { readConfig as readModel } from '../src/workers/library.ts'
import { modelPart } from '../src/workers/pack-room.ts'
import { parseFlags } from './args.ts'
import { ensureBuilt, ROOT } from './build.ts'
import { openModelPath } from './model-path.ts'
import { builtStudio, PEBBLE, writeHtmlPack, writePack } from './pack-file.ts'
import { report } from './report.ts'
import { requireWritable } from './run-folder.ts'
import { readConfig } from './train-before.ts'
import { modelOf } from './train-job.ts'

/** npm run pack: a class pack of lesson, data, model, settings and the studio; needs no browser. */

const HELP = `npm run pack -- --lesson FILE --output NAME${PACK_ENDING} [options]

Writes a class pack: one file with the studio, a model, data and a lesson. It opens in a studio ("Open a class pack"), and unzipped on any web server
it is the studio with this lesson. docs/classroom.md says how lessons are written.

  --lesson FILE     Markdown; each heading of the second level (##) is a step
  --output FILE     a file that does not exist yet
  --data FILE       what is learnt from; without it pupils bring their own
  --model M         pebble (default), a folder, a .gguf file, or a name on the Hugging Face Hub
  --quantization Q  int8 or int4: the model's matrices are rounded, to half of their size or less
  --config FILE     run.json, or a flat file with TRL's names: the settings as pupils find them
  --profile P       in place of --config: ${PROFILES.join(', ')} (default quick)
  --prompt COL --response COL   columns of the data; guessed if left out
  --title TEXT      default: the lesson's first heading
  --language TAG    of the lesson (default en)
  --shown LIST      parts of the studio to show: ${PARTS.join(', ')} (default all)
  --locked LIST     what pupils cannot change: ${LOCKS.join(', ')}
  --place P         where the studio begins: ${PLACES.join(', ')} (default data)
  --no-app          without the studio: the pack is opened in one that is there already
  --html            one HTML file that is the studio itself, opened without a server, from a stick: NAME${ONE_FILE_ENDING}.
                    For the practice model and others of its size; with the studio, and without --quantization
  --help

Exit code: 0 done, 2 bad input (one line on standard error says what, where, and what to do), 1 anything else.`

const SPEC = {
  lesson: 'text',
  output: 'text',
  data: 'text',
  model: 'text',
  quantization: 'text',
  config: 'text',
  profile: 'text',
  prompt: 'text',
  response: 'text',
  title: 'text',
  language: 'text',
  shown: 'list',
  locked: 'list',
  place: 'text',
  app: 'switch',
  html: 'switch',
  help: 'switch',
} as const

async function main(argv: string[]): Promise<void> {
  const flags = parseFlags(argv, SPEC)
  if (flags.help) {
    console.log(HELP)
    return
  }
  const lessonPath = existing(need(flags.lesson, '--lesson'), '--lesson')
  const lesson = await readLessonFile(await openAsBlob(lessonPath), basename(lessonPath))
  const output = resolve(need(flags.output, '--output'))
  if (existsSync(output))
    fail('output_exists', `${output} exists already.`, 'Remove it, or name another file.', { path: output })
  requireWritable(dirname(output), '--output')
  if (flags.html) oneHtmlFile(output, flags)
  const data = flags.data === undefined ? null : existing(flags.data, '--data')
  const quantization =
    flags.quantization === undefined
      ? null
      : oneOf(['int8', 'int4'] as const, flags.quantization, '--quantization')
  const model = await modelOf(flags.model ?? 'pebble')
  const files = await openModelPath(model.path ?? join(ROOT, 'public', 'models', 'pebble'))
  const practice = model.path === null
  const name = practice ? PEBBLE.name : basename(model.path!).replace(/\.gguf$/i, '')
  const parameters = parameterCount(await readModel(files))
  const config = settings(flags, { practice, parameters }, practice ? 'pebble' : name, data)
  if (data !== null) await requireReadable(data, config)
  const parts = {
    title: flags.title ?? lessonTitle(lesson) ?? basename(output, flags.html ? ONE_FILE_ENDING : PACK_ENDING),
    language: flags.language ?? 'en',
    lesson,
    config,
    shown: flags.shown ? flags.shown.map((part) => oneOf(PARTS, part, '--shown')) : null,
    locked: (flags.locked ?? []).map((lock) => oneOf(LOCKS, lock, '--locked')),
    place: flags.place === undefined ? 'data' : oneOf(PLACES, flags.place, '--place'),
    model: await modelPart(
      { info: model.path === null ? PEBBLE : { id: name, name, practice: false, licence: null }, files },
      quantization,
    ),
    data: data === null ? null : blobFile(basename(data), await openAsBlob(data)),
  }
  const built = () => ensureBuilt((text) => console.error(text))
  const bytes = flags.html
    ? await writeHtmlPack(parts, await built(), output)
    : await writePack(
        { ...parts, app: (flags.app ?? true) ? await builtStudio(await built()) : null },
        output,
      )
  console.log(`${output}: ${(bytes / 1e6).toFixed(1)} MB`)
}

function settings(
  flags: { config?: string; profile?: string; prompt?: string; response?: string },
  model: { practice: boolean; parameters: number },
  id: string,
  data: string | null,
): RunConfig {
  if (flags.config !== undefined && flags.profile !== undefined)
    fail('bad_config', '--config and --profile do not go together.', 'Leave one of the two out.', {
      flag: '--profile',
    })
  const profile: ProfileId = oneOf(PROFILES, flags.profile ?? 'quick', '--profile')
  const given =
    flags.config === undefined
      ? parseRunConfig(recommend(model, profile))
      : parseRunConfig(readConfig(existing(flags.config, '--config')))
  const { prompt = given.data.prompt, response = given.data.response } = flags
  return {
    ...given,
    model: { ...given.model, id, hash: null },
    data: { ...given.data, prompt, response, name: data === null ? '' : basename(data), hash: null },
    // What it would begin with is not in the pack.
    start: given.start.from === 'nothing' ? given.start : refuseStart(),
  }
}

/** What cannot be said of a pack that is one HTML file. */
function oneHtmlFile(output: string, flags: { app?: boolean; quantization?: string }): void {
  const refuse = (flag: string, why: string) =>
    fail('bad_config', `--html and ${flag} do not go together: ${why}.`, 'Leave one of the two out.', {
      flag,
    })
  if (flags.app === false) refuse('--no-app', 'the file is the studio')
  if (flags.quantization !== undefined) refuse('--quantization', 'a model that fits need not be rounded')
  if (!/\.html$/i.test(output))
    fail('bad_config', 'Browsers open an HTML file by its ending alone.', `Name it NAME${ONE_FILE_ENDING}.`, {
      flag: '--output',
    })
}

function refuseStart(): never {
  fail(
    'bad_config',
    'The settings begin with another run or adapter, which a pack does not hold.',
    'Take "start" out of the config.',
    {
      field: 'start',
    },
  )
}

function need(given: string | undefined, flag: string): string {
  return given ?? fail('bad_config', `${flag} is needed.`, 'See --help.', { flag })
}

function existing(path: string, flag: string): string {
  if (!existsSync(path) || !statSync(path).isFile())
    fail('missing_file', `There is no file ${path}.`, `Check the path given with ${flag}.`, { path, flag })
  return path
}

/** Pupils are given no file that cannot be read, and no column that it has not. @throws LapidaryError */
async function requireReadable(path: string, { data }: RunConfig): Promise<void> {
  const source = blobSource(await openAsBlob(path))
  const columns = columnNames((await openDataset({ name: basename(path), source }, data.reading)).table)
  // Steps may make columns of their own.
  if (data.steps.length > 0) return
  for (const column of [data.prompt, data.response])
    if (column !== null && !columns.includes(column))
      fail(
        'missing_column',
        `There is no column "${column}" in ${path}.`,
        `Choose from: ${columns.join(', ')}.`,
        {
          column,
        },
      )
}

function oneOf<Name extends string>(names: readonly Name[], given: string, flag: string): Name {
  return (
    names.find((name) => name === given) ??
    fail('bad_config', `${flag} takes ${names.join(', ')}, not "${given}".`, 'See --help.', { flag })
  )
}

try {
  await main(process.argv.slice(2))
} catch (error) {
  process.exitCode = report(error)
}
