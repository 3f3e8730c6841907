import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fail } from '../src/protocol/errors.ts'
import type { SampleEvent, SamplePrompt } from '../src/protocol/events.ts'
import { identity } from '../src/protocol/identity.ts'
import { parseRunConfig, type RunConfig } from '../src/protocol/run-config.ts'
import { configObject } from '../src/runs/config-text.ts'
import { type From, requireStep } from './checkpoint-folder.ts'
import { remoteAddress } from './hub.ts'

/** The run that a folder holds already, for `npm run train -- --resume`. */

/**
 * @param flag that named the folder
 * @throws LapidaryError `missing_file`: the folder holds no run. One without a checkpoint begins again.
 */
export function requireRun(out: string, flag: '--out' | '--run' = '--out'): void {
  for (const file of ['run.json', 'metrics.jsonl'])
    if (!existsSync(join(out, file)))
      fail(
        'missing_file',
        existsSync(out)
          ? `There is no ${file} in ${out}: no run to go on with.`
          : `There is no folder ${out}.`,
        flag === '--run'
          ? 'Name the folder that npm run train left, or the file of a run, with --run.'
          : existsSync(out)
            ? 'Name the folder of a run with --out; for a new run name a new folder, without --resume.'
            : 'Check the path given with --out; for a new run leave --resume out.',
        { path: join(out, file) },
      )
}

/** @throws LapidaryError where there is no such checkpoint to go on from */
export function requireFrom(given: string, out: string, resume: boolean): From {
  const step = /^\d+$/.test(given)
  if (!(step || given === 'previous') || !resume)
    fail(
      'bad_config',
      step || given === 'previous'
        ? '--from goes with --resume only.'
        : `--from ${given} is no checkpoint to go on from.`,
      'Use --resume --from previous for the checkpoint before the last, --from STEP for one that is kept (--save-total-limit), or --resume alone for the last.',
      { flag: '--from' },
    )
  if (step) return requireStep(given, '--from', out)
  const path = join(out, 'checkpoint', 'previous.json')
  if (existsSync(path)) return 'previous'
  fail(
    'missing_file',
    `There is no checkpoint before the last in ${out}.`,
    'Leave --from out, or start the run again in a new folder.',
    { path },
  )
}

/** The config of the run in a folder. */
export function readRun(out: string): RunConfig {
  return parseRunConfig(readConfig(join(out, 'run.json')))
}

/** Folder or address of the adapter that a run began with, where it can still be had. */
export function adapterBefore(settings: object): string | null {
  const { start } = parseRunConfig(settings)
  return start.from === 'adapter' && (existsSync(start.name) || remoteAddress(start.name)) ? start.name : null
}

/** An adapter was learnt on a base as it was held. @throws LapidaryError `bad_state` */
export function requireSameBase({ model: now }: RunConfig, { model: before }: RunConfig): void {
  if (now.quantization === before.quantization) return
  fail(
    'bad_state',
    `The run in this folder holds its base with quantization ${before.quantization}, not ${now.quantization}: going on would not be the same run.`,
    'Leave --quantization out, or start a new run in another folder.',
    { field: 'model.quantization', expected: String(before.quantization), found: String(now.quantization) },
  )
}

/** A run that begins again is the same run. @throws LapidaryError `bad_state` */
export function requireSame(config: RunConfig, before: RunConfig): void {
  if (identity(config) === identity(before)) return
  fail(
    'bad_state',
    'The run in this folder was started with other settings: beginning again would not be the same run.',
    'Leave out the flags that change it, or start a new run in another folder.',
    { field: 'config' },
  )
}

/** Sample prompts of the sitting before, from its log. */
export function askedBefore(log: string): SamplePrompt[] {
  const asked = new Map<string, SamplePrompt>()
  for (const line of readFileSync(log, 'utf8').split('\n'))
    if (line.startsWith('{"type":"sample"')) {
      try {
        const { prompt, reference, split } = JSON.parse(line) as SampleEvent
        asked.set(prompt, {
          prompt,
          ...(reference !== undefined && { reference }),
          ...(split !== undefined && { split }),
        })
      } catch {
        // The last line may have been cut off by a crash.
      }
    }
  return [...asked.values()]
}

export function readConfig(path: string): object {
  if (!existsSync(path))
    fail('missing_file', `There is no config file ${path}.`, 'Check the path given with --config.', { path })
  return configObject(readFileSync(path), path)
}
