import { existsSync, readdirSync, rmSync, statSync } from 'node:fs'
import { basename, join, relative, resolve } from 'node:path'
import { readAdapterConfig } from '../src/model/adapter-config.ts'
import { parameterCount } from '../src/model/tensors.ts'
import { type ConfigField, configField, fieldNames } from '../src/protocol/config-fields.ts'
import { fail, toFailure } from '../src/protocol/errors.ts'
import type { SamplePrompt } from '../src/protocol/events.ts'
import { canonical } from '../src/protocol/identity.ts'
import {
  defaultRunConfig,
  parseRunConfig,
  type RunConfig,
  targetModules,
} from '../src/protocol/run-config.ts'
import type { Mapping } from '../src/protocol/studio.ts'
import { LEAST_MINUTES, MOST_MINUTES } from '../src/runs/minutes.ts'
import { PROFILES, type ProfileId, recommend } from '../src/runs/profiles.ts'
import type { QueueWish } from '../src/runs/queue-plan.ts'
import { planTrials } from '../src/runs/sweep.ts'
import type { HeadlessJob } from '../src/workers/headless.ts'
import { readConfig as readModel } from '../src/workers/library.ts'
import { openAdapterPath } from './adapter-path.ts'
import { type Flags, type FlagType, parseFlags } from './args.ts'
import type { From } from './checkpoint-folder.ts'
import { formatIds, requireFormats } from './export-formats.ts'
import { type Fetched, fetchToCache, remoteAddress } from './hub.ts'
import { checkModelPath, openModelPath } from './model-path.ts'
import { unpackRun } from './run-file.ts'
import { requireWritable } from './run-folder.ts'
import { RANKED_BY, SWEEP_SPEC, sweepOf } from './sweep-flags.ts'
import {
  adapterBefore,
  askedBefore,
  readConfig,
  readRun,
  requireFrom,
  requireRun,
  requireSame,
  requireSameBase,
} from './train-before.ts'

/** Short names beside TRL's own. */
const ALIASES = { epochs: 'num_train_epochs', batch_size: 'per_device_train_batch_size' } as const

/** Fields of the config that have flags of their own, by flag: `[section, field]`. */
const FIELD_FLAGS: Record<string, [section: string, field: string]> = {
  ...flagsOf('training'),
  ...flagsOf('lora', { r: 'lora_r' }),
  ...flagsOf('engine', { kind: 'engine' }, ['choices']),
  ...flagsOf('model', {}, ['id', 'hash']),
  ...flagsOf('data.reading', (name) => `reading_${name}`),
  ...flagsOf('data.split', (name) => `split_${name}`),
  validation_share: ['data', 'validation_share'],
  train_share: ['data', 'train_share'],
  data_seed: ['data', 'seed'],
  format: ['data', 'format'],
  task: ['data', 'task'],
}
for (const [short, name] of Object.entries(ALIASES)) FIELD_FLAGS[short] = ['training', name]

/** A flag for each field of a section, under its own name or another. */
function flagsOf(
  section: string,
  named: Record<string, string> | ((name: string) => string) = {},
  without: readonly string[] = [],
): Record<string, [string, string]> {
  const flag = (name: string) => (typeof named === 'function' ? named(name) : (named[name] ?? name))
  const names = fieldNames(section).filter((name) => !without.includes(name))
  return Object.fromEntries(names.map((name) => [flag(name), [section, name]]))
}
const COLUMNS = ['prompt', 'response', 'system', 'messages', 'text', 'input'] as const
/** A length that is given by any of them is meant. */
const LENGTH_FLAGS = ['max_steps', 'num_train_epochs', 'epochs']
/** What this version can write. The adapter and the checkpoint it always writes. */
const EXPORTS_NOW = formatIds()

const SPEC = {
  model: 'text',
  data: 'paths',
  out: 'text',
  config: 'text',
  profile: 'text',
  minutes: 'number',
  template: 'text',
  label: 'paths',
  export: 'list',
  sample: 'list',
  sample_row: 'list',
  start_from: 'text',
  ...SWEEP_SPEC,
  strict: 'switch',
  resume: 'switch',
  resume_file: 'text',
  from: 'text',
  json: 'switch',
  help: 'switch',
} as const satisfies Record<string, FlagType>

const FULL_SPEC: Record<string, FlagType> = {
  ...Object.fromEntries(
    Object.entries(FIELD_FLAGS).map(([flag, [section, name]]) => [
      flag,
      flagType(configField(`${section}.${name}`)),
    ]),
  ),
  ...Object.fromEntries(COLUMNS.map((name) => [name, 'text' as const])),
  ...SPEC,
}

function flagType({ kind, nullable }: ConfigField): FlagType {
  if (kind === 'list') return 'list'
  // Null is a value, and no word.
  if (kind === 'choice' && nullable) return 'value'
  return kind === 'text' || kind === 'choice' ? 'text' : 'value'
}

/** Flags with what they may be and are by default, for --help. */
function flagList(section: string): string {
  return Object.entries(FIELD_FLAGS)
    .filter(([flag, [of]]) => of === section && !(flag in ALIASES))
    .map(([flag, [of, name]]) => {
      const { options = [], default: unsaid } = configField(`${of}.${name}`)
      const choices = options.length > 1 ? ` ${options.join('|')}` : ''
      return `  --${flag.replaceAll('_', '-')}${choices} (${unsaid})`
    })
    .join('\n')
}

export const HELP = `npm run train -- --model M --data FILE --out DIR [options]

Fine-tunes a Gemma on a file of rows, in a Chromium without a window.

  --model M            pebble (default), a folder with config.json, tokenizer.json and *.safetensors (or a .zip of it), or a .gguf file;
                       or OWNER/NAME[/FILE.gguf|:TYPE][@REVISION] on the Hugging Face Hub, or an address of a hub or any server:
                       these are fetched once, into a cache. HF_TOKEN, HF_ENDPOINT and HF_HOME mean what they mean to huggingface_hub
  --data FILE          CSV, TSV, JSON, JSON lines, Parquet, Arrow, Feather, Excel or text, in gzip or ZIP or not; may be given
                       several times, or be a folder: files with the same columns are put together
  --out DIR            a folder that does not exist yet; gets run.json, metrics.jsonl, checkpoint/ and adapter/, and
                       adapter-best/ where rows never trained on were known clearly better at an earlier step
  --prompt COL --response COL [--system COL] [--input COL]   columns by role; or --messages COL, or --text COL. Guessed if left out
  --template TEXT      a prompt over several columns in place of --prompt: 'Translate {en} to German'
  --label VALUE=WORD   a word to learn in place of a value of the answers; may be given several times
  --format F           template (the model's own chat template, default), or kauldron
  --task T             how answers are judged: labels, json, calls, text or plain; by default as the rows show it
  --validation-share S share of rows held out (default ${defaultRunConfig().data.validation_share})
  --train-share S      share of the training rows that is learnt from (default 1); the rows held out stay the same
  --data-seed N        by which rows are drawn, where not by --seed
  --sample TEXT        a prompt answered by base and tuned model at each validation; may be given several times
  --sample-row N       the same with the question of a row of the data, as its file numbers it; several with commas
  --profile P          recommended settings for this model, as on the page: ${PROFILES.join(', ')}; flags win over them; max_length
                       follows the longest example, as far as model and memory allow
  --minutes N          how long the run may take on this machine: sets everything as the page's slider does, from a quick look to a
                       thorough run, by a speed that is measured first; flags win over it
  --config FILE        run.json, or a flat file with TRL's names and a "lora" object; flags win over it. Its "data" also
                       holds preprocessing steps and augmentation: see docs/config.md
  --start-from DIR     begin with an adapter: a folder in PEFT's layout (adapter_config.json, adapter_model.safetensors), here, on the
                       Hub or at an address, or a LoRA .gguf, here or on the Hub; without --config its LoRA settings are taken over
  --export LIST        ${EXPORTS_NOW.join(', ')}; the adapter (peft) and the checkpoint are always written
  --sweep FIELD=V1,V2  try several values of a setting, one run after the other; given several times, every combination (a grid):
                       --sweep learning_rate=1e-3,2e-3 --sweep lora_r=8,16. DIR gets a folder a run, and the ranks as
                       ranking.json and ranking.csv; --resume goes on with what is left
  --seeds LIST         run each of them with each of these seeds, on the same rows: ranks are by the mean, with the spread
  --learning-curve     do I need more data? Runs of equal length on 25, 50 and 100% of the training rows
  --rank-by M          ${RANKED_BY.join(', ')}: loss or token accuracy on the rows held out, or how many labels are
                       chosen right there; by default accuracy where the task is labels, else eval_loss
  --strict             refuse data that has a warning; every finding is printed with its code in any case
  --resume             go on with the run in DIR from its last checkpoint; from the start where none had been written
  --resume FILE        the same with the file of a run (NAME.lapidary-run.zip), which is unpacked to --out; --data is what it learnt from
  --from previous|N    with --resume: from the checkpoint before the last, where the last is damaged; or that of step N, where
                       --save-total-limit has kept it
  --json               events on standard output, one JSON object a line
  --help

Training, as in TRL's SFTConfig (default):
${flagList('training')}
  --epochs, --batch-size: short for --num-train-epochs, --per-device-train-batch-size
LoRA, as in PEFT's LoraConfig; several target modules with commas, or all-linear:
${flagList('lora')}
What computes; auto is webgpu on a graphics card, else portable, which runs on the portable backend:
${flagList('engine')}
What the frozen base is held in; null as it is stored, int4 with the words' own matrix in int8:
${flagList('model')}
How the file is read, where it leaves a choice:
${flagList('data.reading')}
Which rows are held out; where nothing is said, a column "split" or file names that say it are heeded:
${flagList('data.split')}

Exit code: 0 done, 2 bad input (one line on standard error says what, where, and what to do), 1 anything else.
Ctrl+C stops after the step under way, with a checkpoint.`

/** A file to learn from: how it is called, and where it lies. */
export interface DataPath {
  name: string
  path: string
}

export interface TrainJob {
  config: RunConfig
  mapping: Partial<Mapping>
  /** Whose length is to be fitted to the data; null where a length was given. */
  fit: ProfileId | null
  /** A time that says everything that no flag does; null: none was given. */
  within: HeadlessJob['within']
  /** Questions asked at each validation, and rows, by their numbers, whose questions are asked as well. */
  samples: SamplePrompt[]
  sampleRows: number[]
  /** As it was given, and where it lies. */
  data: { name: string; files: DataPath[] }
  /** As it was given, and its folder or .gguf file; null for the bundled model, Pebble. */
  model: { name: string; path: string | null }
  /** Whether it was named with the call, and not by a config or a run alone. */
  modelGiven: boolean
  out: string
  /** Folder of the adapter to begin with. */
  startFrom: string | null
  /** Whether the limit on tokens is a profile's, and follows the data. */
  followLength: boolean
  /** Whether the warm-up is a profile's, and follows the length of the run. */
  followWarmup: boolean
  /** Whether a flag says how rows are held out. */
  splitSaid: boolean
  strict: boolean
  /** Formats of export that were asked for. */
  exports: string[]
  resume: boolean
  /** The checkpoint to go on from. */
  from: From
  /**
   * Set where a run is to be gone on with that had not saved a checkpoint: it begins again, in its folder. With the SHA-256 of
   * the data that it began with.
   */
  again: { hash: string | null } | null
  /** Set where it is one run of a queue: SHA-256 of the data that all of them learn from. */
  of: { hash: string | null } | null
  /** A queue of runs in place of one. */
  sweep: Omit<QueueWish, 'name'> | null
  /** Labels to be judged when the run has ended; null: none are. */
  judge: string[] | null
  json: boolean
  /** What a person may want to know before the run begins. */
  tip: string | null
}

/**
 * Everything about a call that can be checked without a browser. Null for --help.
 * @throws LapidaryError
 */
export async function trainJob(argv: string[]): Promise<TrainJob | null> {
  const flags = parseFlags(withResumeFile(argv), FULL_SPEC) as Flags<typeof SPEC> & Record<string, unknown>
  if (flags.help) return null
  if (flags.resume_file === undefined) return jobOf(flags)
  const folder = resolve(need(flags.out, '--out', 'the folder that the run is unpacked to, and goes on in'))
  await unpackRun(flags.resume_file, folder)
  try {
    return await jobOf(flags)
  } catch (error) {
    // Bad input leaves nothing.
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
}

/** `--resume FILE` as flags of their own: alone it goes on in a folder. */
function withResumeFile(argv: string[]): string[] {
  return argv.flatMap((argument, i) => {
    const inline = /^--resume=(?!true$|false$)(.+)$/.exec(argument)?.[1]
    if (inline !== undefined) return ['--resume', '--resume-file', inline]
    const next = argv[i + 1]
    const follows = argument === '--resume' && next !== undefined && !next.startsWith('--')
    return follows ? ['--resume', '--resume-file'] : [argument]
  })
}

async function jobOf(flags: Flags<typeof SPEC> & Record<string, unknown>): Promise<TrainJob> {
  const out = need(flags.out, '--out', 'the folder for the results')
  const sweep = sweepOf(flags)
  // What is left of a queue says which of its runs go on.
  const resume = (flags.resume ?? false) && sweep === null
  const from = flags.from === undefined ? 'last' : requireFrom(flags.from, out, resume)
  if (resume) requireRun(out)
  else if (existsSync(out) && !(flags.resume && sweep && existsSync(join(out, QUEUE_FILE))))
    fail(
      'output_exists',
      `${out} exists already.`,
      existsSync(join(out, 'run.json')) || existsSync(join(out, QUEUE_FILE))
        ? 'Name a new folder with --out, or go on with what is there: --resume.'
        : 'There is no run in it to go on with: name a new folder with --out.',
      { path: out },
    )
  requireWritable(out, '--out')
  const again = resume && !existsSync(join(out, 'checkpoint', 'checkpoint.json'))
  const file = flags.config ?? (resume ? join(out, 'run.json') : undefined)
  // What a profile or a time has set lies in the run's settings: the same command goes on with them.
  const settled = resume && flags.config === undefined
  const minutes = settled ? null : minutesOf(flags, file)
  const asked = profileOf(flags.profile, settled ? undefined : file)
  // A time begins with a quick look, and finds its own from there.
  const profile = settled ? null : minutes === null ? asked : 'quick'
  const settings = file === undefined ? {} : readConfig(file)
  // Looked at before a model is fetched, which may take long.
  const named = flags.data?.flatMap(dataFiles)
  const { name: model, path } =
    flags.model === undefined ? await modelOfConfig(parseRunConfig(settings)) : await modelOf(flags.model)
  if (flags.start_from !== undefined && resume && !again) refuseStart()
  const startFrom = await adapterOf(flags.start_from ?? (again ? adapterBefore(settings) : null))
  const size = profile === null ? null : await sizeOf(path)
  const base = profile === null || size === null ? settings : recommend(size, profile)
  const lora = startFrom && readAdapterConfig((await openAdapterPath(startFrom.path)).config).lora
  const config = withStart(
    withFlags(lora && file === undefined ? { ...base, lora } : base, flags),
    startFrom?.name ?? null,
    resume && !again,
  )
  if (resume) requireSameBase(config, readRun(out))
  if (again) requireSame(config, readRun(out))
  const given = flags.data ?? (resume && config.data.name ? namedBefore(config.data.name) : [])
  const data = need(given.join(BETWEEN) || undefined, '--data', 'the file to learn from')
  const files = named ?? given.flatMap(learntBefore)
  requireFormats(flags.export ?? [], '--export')
  // What does not vary is refused before a browser is opened.
  if (sweep?.kind === 'sweep') planTrials(config, sweep)
  return {
    config,
    sweep,
    mapping: {
      ...Object.fromEntries(COLUMNS.map((role) => [role, flags[role] ?? config.data[role]])),
      template: flags.template ?? (flags.prompt === undefined ? config.data.template : null),
      ...(flags.template === undefined ? {} : { prompt: null }),
      labels: wordsOf(flags.label) ?? config.data.labels,
    },
    fit:
      LENGTH_FLAGS.some((flag) => flags[flag] !== undefined) || path === null || minutes !== null
        ? null
        : profile,
    within: minutes === null || size === null ? null : { minutes, model: size, own: ownFields(flags) },
    samples:
      flags.sample?.map((prompt) => ({ prompt })) ??
      (resume && !flags.sample_row ? askedBefore(join(out, 'metrics.jsonl')) : []),
    sampleRows: (flags.sample_row ?? []).map(rowNumber),
    data: { name: data, files },
    model: { name: model, path },
    modelGiven: flags.model !== undefined,
    tip: settled ? settledTip(flags) : tipFor(profile, file, config),
    out: resolve(out),
    startFrom: startFrom && resolve(startFrom.path),
    exports: flags.export ?? [],
    followLength: profile !== null && flags.max_length === undefined,
    followWarmup: profile !== null && flags.warmup_steps === undefined,
    splitSaid: [...SPLIT_BY, 'split_method'].some((flag) => flags[flag] !== undefined),
    strict: flags.strict ?? false,
    resume,
    from,
    again: again ? { hash: readRun(out).data.hash } : null,
    judge: null,
    of: null,
    json: flags.json ?? false,
  }
}

/** Of a queue, in its folder. */
export const QUEUE_FILE = 'queue.json'

/** @throws LapidaryError where it cannot be read, or fetched */
export async function modelOf(given: string): Promise<TrainJob['model']> {
  if (given === 'pebble') return { name: given, path: null }
  const address = remoteAddress(given)
  if (!address) return { name: given, path: checkModelPath(resolve(given)) }
  const { findModel } = await import('../src/workers/hub/find.ts')
  return fetchToCache(given, address, findModel, { tell: tellWhatIsFetched })
}

/** The model that a config or a run names. @throws LapidaryError as `modelOf`; of one that is gone from its place, with what it is known by */
export async function modelOfConfig({ model }: Pick<RunConfig, 'model'>): Promise<TrainJob['model']> {
  try {
    return await modelOf(model.id)
  } catch (error) {
    const { code, message, detail } = toFailure(error)
    if (code !== 'missing_file' || model.hash === null) throw error
    return fail(
      code,
      `${message} The run's settings name it as their model.`,
      'Give the same files with --model, wherever they lie and whatever they are called by now: they are known by their hash.',
      { ...detail, expected: model.hash },
    )
  }
}

/** Words by value, of `VALUE=WORD`. @throws LapidaryError `bad_config` */
function wordsOf(given: string[] | undefined): Record<string, string> | null {
  if (!given) return null
  return Object.fromEntries(
    given.map((each) => {
      const at = each.indexOf('=')
      if (at < 1 || each.slice(at + 1).trim() === '')
        fail('bad_config', `--label takes VALUE=WORD, not "${each}".`, 'For instance --label 1=positive.', {
          flag: '--label',
        })
      return [each.slice(0, at), each.slice(at + 1)]
    }),
  )
}

function profileOf(given: string | undefined, file: string | undefined): ProfileId | null {
  if (given === undefined) return null
  const found = PROFILES.find((name) => name === given)
  if (!found)
    fail('bad_config', `There is no profile "${given}".`, `Choose from: ${PROFILES.join(', ')}.`, {
      flag: '--profile',
    })
  if (file !== undefined)
    fail(
      'bad_config',
      '--profile does not go with settings from a file.',
      'Leave one of the two out; single settings can be given as flags.',
      { flag: '--profile' },
    )
  return found
}

/** Minutes that the run may take. @throws LapidaryError `bad_config` beside what else says its length */
function minutesOf(flags: Record<string, unknown>, file: string | undefined): number | null {
  const given = flags.minutes as number | undefined
  if (given === undefined) return null
  if (!(given >= LEAST_MINUTES && given <= MOST_MINUTES))
    fail(
      'bad_config',
      `--minutes must be from ${LEAST_MINUTES} to ${MOST_MINUTES}, not ${given}.`,
      'For instance --minutes 30.',
      { flag: '--minutes' },
    )
  const beside = LENGTH_FLAGS.find((flag) => flags[flag] !== undefined)
  const other = file !== undefined ? 'a config or a run that is there' : flags.profile ? '--profile' : null
  const said = other ?? (beside && `--${beside.replaceAll('_', '-')}`)
  if (said)
    fail(
      'bad_config',
      `--minutes does not go with ${said}: each says how long the run is.`,
      'Leave one of the two out; other settings can be given as flags.',
      { flag: '--minutes' },
    )
  return given
}

/** Fields of training and adapter that flags have set. */
function ownFields(flags: Record<string, unknown>): string[] {
  return Object.entries(FIELD_FLAGS).flatMap(([flag, [section, name]]) =>
    flags[flag] !== undefined && (section === 'training' || section === 'lora') ? [name] : [],
  )
}

async function sizeOf(path: string | null): Promise<{ practice: boolean; parameters: number }> {
  if (path === null) return { practice: true, parameters: 0 }
  return { practice: false, parameters: parameterCount(await readModel(await openModelPath(path))) }
}

/** What came of a profile or a time that is given again with --resume. */
function settledTip({ profile, minutes }: Record<string, unknown>): string | null {
  const said = profile !== undefined ? '--profile' : minutes !== undefined ? '--minutes' : null
  return said && `${said} was heeded when the run began: it goes on with the settings that it has (run.json).`
}

/** TRL's default learning rate is made for training whole models: an adapter hardly moves. */
function tipFor(profile: ProfileId | null, file: string | undefined, config: RunConfig): string | null {
  const { learning_rate } = defaultRunConfig().training
  if (profile !== null || file !== undefined || config.training.learning_rate !== learning_rate) return null
  return `Training at TRL's default learning rate, ${learning_rate}, which is low for LoRA; --profile balanced takes recommended settings.`
}

export function need(given: string | undefined, flag: string, what: string): string {
  return given || fail('bad_config', `${flag} is missing: ${what}.`, 'See --help.', { flag })
}

/** The file's config with what flags say laid over it. */
function withFlags(file: object, flags: Record<string, unknown>): RunConfig {
  const before = parseRunConfig(file)
  const config = structuredClone(before) as object
  const modules = flags.target_modules as string[] | undefined
  // The one value of that list which is none.
  if (modules?.join() === 'all-linear') flags.target_modules = modules[0]
  for (const [flag, [section, field]] of Object.entries(FIELD_FLAGS))
    if (flags[flag] !== undefined) {
      const place = section.split('.').reduce<object>((at, key) => at[key as keyof object], config)
      Object.assign(place, { [field]: flags[flag] })
    }
  const { split } = (config as RunConfig).data
  // A column, or what its values mean, says that rows are parted by it.
  if (split.method === 'random' && flags.split_method === undefined && SPLIT_BY.some((flag) => flags[flag]))
    split.method = 'column'
  const said = parseRunConfig(config)
  // The same modules written in another way: a run that goes on keeps its own way, which its checkpoint knows it by.
  const same = canonical(targetModules(said.lora)) === canonical(targetModules(before.lora))
  return same ? { ...said, lora: { ...said.lora, target_modules: before.lora.target_modules } } : said
}

/** Flags that say something of a column to part rows by. */
const SPLIT_BY = ['split_column', 'split_validation_values', 'split_test_values'] as const

function refuseStart(): never {
  fail(
    'bad_config',
    '--start-from does not go with --resume: a run goes on from its own checkpoint.',
    'Leave one of the two out.',
    { flag: '--start-from' },
  )
}

/** @throws LapidaryError where it cannot be fetched */
async function adapterOf(given: string | null): Promise<Fetched | null> {
  const address = given === null ? null : remoteAddress(given)
  if (given === null || !address) return given === null ? null : { name: given, path: given }
  const { findAdapter } = await import('../src/workers/hub/find-adapter.ts')
  return fetchToCache(given, address, findAdapter, { tell: tellWhatIsFetched })
}

const tellWhatIsFetched = (line: string) => void process.stderr.write(`${line}\n`)

/** The config with what the run begins with; what cannot be had here is refused, not left out. */
function withStart(config: RunConfig, folder: string | null, resume: boolean): RunConfig {
  const { start } = config
  if (folder !== null) {
    const hash = start.from === 'nothing' ? null : start.hash
    return { ...config, start: { from: 'adapter', name: folder, hash } }
  }
  if (!resume && start.from !== 'nothing')
    fail(
      'missing_file',
      `This config begins with ${start.from === 'run' ? `the run "${start.run}" of a browser` : `the adapter "${start.name}"`}, which was not given.`,
      'Give the adapter\'s folder with --start-from (a run\'s is on the page under Export), or set start.from to "nothing".',
      { field: 'start' },
    )
  return config
}

/** How several files are named in one line. */
const BETWEEN = ', '

/** What a run's data was called when it began, as paths again. A path may have commas, too. */
export function namedBefore(name: string): string[] {
  return existsSync(name) ? [name] : name.split(BETWEEN)
}

/** What a run learnt from, where nothing else is named: it may have come from a page, which knows no paths, or from another machine. */
function learntBefore(name: string): DataPath[] {
  if (!existsSync(name))
    fail(
      'missing_file',
      `The run learnt from ${name}, and there is no such file here.`,
      'Name the same file with --data. Prepared rows in the file of a run are for the studio’s page.',
      { path: resolve(name) },
    )
  return dataFiles(name)
}

/** A file to learn from, or those in a folder: named from the folder on, hidden ones left out. */
export function dataFiles(given: string): DataPath[] {
  const path = resolve(given)
  const found = existsSync(path) ? statSync(path) : null
  if (!found) fail('missing_file', `There is no file ${path}.`, 'Check the path given with --data.', { path })
  if (found.isFile()) {
    if (found.size === 0) fail('bad_data', `${path} is empty.`, 'Choose a file with rows.', { path })
    return [{ name: given, path }]
  }
  const inside = readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((file) => !/[\\/]\./.test(file.slice(path.length)))
    .sort()
  if (inside.length === 0)
    fail('missing_file', `There are no files in ${path}.`, 'Check the path given with --data.', { path })
  return inside.map((file) => ({
    name: `${basename(path)}/${relative(path, file).replaceAll('\\', '/')}`,
    path: file,
  }))
}

/** @throws LapidaryError `bad_config` */
function rowNumber(text: string): number {
  const number = Number(text)
  return Number.isInteger(number) && number > 0
    ? number
    : fail(
        'bad_config',
        `--sample-row takes numbers of rows, not ${text}.`,
        'Give whole numbers from 1, such as 3,17.',
        {
          flag: '--sample-row',
        },
      )
}
