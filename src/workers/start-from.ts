import { readAdapterConfig } from '../model/adapter-config.ts'
import { checkAdapter, namedFor } from '../model/lora.ts'
import type { EngineState } from '../protocol/engine.ts'
import { fail, LapidaryError } from '../protocol/errors.ts'
import { type LoraConfig, loraScaling, type RunConfig, targetModules } from '../protocol/run-config.ts'
import type { AdapterFiles } from '../protocol/studio.ts'
import type { Database } from '../storage/database.ts'
import { adapterHash, openAdapter, readAdapter } from './adapter-files.ts'
import type { OpenModel } from './library.ts'
import { RunShelf } from './run-shelf.ts'

/** What a new run begins with, and its config with the hash of that filled in. */
export interface Starting {
  config: RunConfig
  /** The adapter, moments zero; null: the engine's own initial one. */
  state: EngineState | null
}

/**
 * Finds the adapter that a config's `start` names and holds it against the run that is to begin with it.
 * @param given the adapter's files, where they came with the request
 * @throws LapidaryError `missing_file` where it is not here; `bad_state` where it is another one, or does not fit the base
 * model or the LoRA settings, naming what differs
 */
export async function startingFrom(
  database: Database,
  config: RunConfig,
  model: OpenModel,
  given?: AdapterFiles,
): Promise<Starting> {
  const { start } = config
  if (start.from === 'nothing') return { config, state: null }
  const lora =
    start.from === 'run'
      ? await adapterOfRun(database, start, config, model)
      : await adapterOfFiles(start.name, config, model, given)
  const hash = adapterHash(lora)
  if (start.hash !== null && start.hash !== hash)
    fail(
      'bad_state',
      `The adapter of ${start.from === 'run' ? `run "${start.run}"` : `"${start.name}"`} is not the one that this run is to begin with.`,
      start.from === 'run'
        ? 'That run has been trained on since. Choose it again, or another one.'
        : 'Give the adapter that the config was made with, or set start.hash to null.',
      { field: 'start.hash', expected: start.hash, found: hash },
    )
  return { config: { ...config, start: { ...start, hash } }, state: fresh(lora) }
}

async function adapterOfRun(
  database: Database,
  { run, checkpoint: slot }: RunConfig['start'] & { from: 'run' },
  { lora }: RunConfig,
  model: OpenModel,
): Promise<EngineState['lora']> {
  const record = await database.get('runs', run)
  if (!record)
    fail(
      'missing_file',
      `The run "${run}" that this one is to begin with is not in this browser.`,
      'Choose another run to begin with, or begin with nothing.',
      { field: 'start.run', run },
    )
  if (record.modelHash !== model.info.hash)
    fail(
      'bad_state',
      `The run "${record.name}" trained an adapter of another base model.`,
      'Choose the model that it was trained on, or another run to begin with.',
      { field: 'model', expected: record.modelHash, found: model.info.hash },
    )
  requireSame(record.config.lora, lora, `the run "${record.name}"`)
  const { state } = await new RunShelf(async () => database).needCheckpoint(run, slot)
  return state.lora
}

/** @throws LapidaryError where it does not fit the model or the settings */
export async function adapterOfFiles(
  name: string,
  { lora }: Pick<RunConfig, 'lora'>,
  model: OpenModel,
  given: AdapterFiles | undefined,
): Promise<EngineState['lora']> {
  if (!given)
    fail(
      'missing_file',
      `The adapter "${name}" that this run is to begin with was not given.`,
      'Give its files: on the command line with --start-from, on the page under "Begin with an adapter". Or begin with nothing.',
      { field: 'start.name' },
    )
  requireSame(readAdapterConfig(given.config).lora, lora, `the adapter "${name}"`)
  const weights = namedFor(model.info.config, await openAdapter(given))
  try {
    checkAdapter(model.info.config, lora, weights)
  } catch (error) {
    throw ofAnotherBase(error, name, given.config, model.info.name)
  }
  return readAdapter(weights)
}

/** An adapter that does not fit says by itself what it was made for. */
function ofAnotherBase(error: unknown, name: string, config: unknown, model: string): unknown {
  const { base_model_name_or_path: base } = config as { base_model_name_or_path?: unknown }
  if (!(error instanceof LapidaryError) || typeof base !== 'string' || base === '') return error
  const { code, message, detail = {} } = error
  return new LapidaryError({
    code,
    message: `The adapter "${name}" was made for ${base}, and does not fit ${model}: ${message}`,
    hint: `Choose ${base} as the model, or begin with nothing.`,
    detail: { ...detail, base },
  })
}

/** The shapes of an adapter, and what it adds to the base, hang on these. */
function requireSame(before: LoraConfig, now: LoraConfig, whose: string): void {
  const parts: [field: string, of: (lora: LoraConfig) => string][] = [
    ['lora.r', ({ r }) => String(r)],
    ['lora.target_modules', (lora) => targetModules(lora).join(', ')],
    // A GGUF keeps it in f32.
    ['lora.lora_alpha', (lora) => String(Number(loraScaling(lora).toPrecision(6)))],
  ]
  for (const [field, of] of parts) {
    const [expected, found] = [of(before), of(now)]
    if (expected === found) continue
    const what =
      field === 'lora.lora_alpha' ? `scaling (lora_alpha, use_rslora) ${expected}` : `${field} ${expected}`
    fail(
      'bad_state',
      `This run is to begin with the adapter of ${whose}, which has ${what}; here it is ${found}.`,
      `Set ${field} to what that adapter has, or begin with nothing.`,
      { field, expected, found },
    )
  }
}

/** An adapter as an engine takes it, that nothing was trained of yet. */
export function fresh(lora: EngineState['lora']): EngineState {
  const zeros = () =>
    Object.fromEntries(
      Object.entries(lora).map(([name, { shape, data }]) => [
        name,
        { shape, data: new Float32Array(data.length) },
      ]),
    )
  return { lora, adamM: zeros(), adamV: zeros() }
}
