import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { commitOf, environment } from '../bench/environment.ts'
import type { GgufType } from '../bench/processor/gguf.ts'
import { type Found, measureProcessor, WORKS, type Work } from '../bench/processor/run.ts'
import { processorTable } from '../bench/processor/table.ts'
import type { ProcessorReport } from '../bench/processor/types.ts'
import { fail } from '../src/protocol/errors.ts'
import { ROOT } from './build.ts'
import { checkModelPath } from './model-path.ts'

export interface ProcessorFlags {
  model?: string
  only?: string[]
  threads?: string[]
  types?: string[]
  rounds?: number
  minutes?: number
  json?: string
}

const TYPES: readonly GgufType[] = ['Q4_0', 'Q8_0', 'BF16']

/** Of a list, those that were named. @throws LapidaryError `bad_config` for one that it does not have */
function chosen<T extends string>(
  flag: string,
  all: readonly T[],
  named: string[] | undefined,
): readonly T[] {
  for (const name of named ?? [])
    if (!all.includes(name as T))
      fail('bad_config', `There is no "${name}".`, `${flag} takes ${all.join(', ')}.`, { flag })
  return (named as T[] | undefined) ?? all
}

/** npm run bench -- --processor */
export async function benchProcessor(flags: ProcessorFlags): Promise<void> {
  const threads = (flags.threads ?? ['1', '2']).map(Number)
  if (threads.some((count) => !Number.isInteger(count) || count < 1))
    fail('bad_config', '--threads takes counts of threads.', 'As in --threads 1,2.', { flag: '--threads' })
  const options = {
    model: flags.model ? checkModelPath(resolve(flags.model)) : null,
    works: chosen<Work>('--only', WORKS, flags.only),
    threads,
    types: chosen('--types', TYPES, flags.types),
    rounds: flags.rounds ?? 3,
    minutes: flags.minutes ?? 8,
    prompt: 400,
    tokens: 32,
    train: 256,
  }
  const where = environment(commitOf(ROOT))
  const began = performance.now()
  const { rounds, prompt, tokens, train } = options
  const reportOf = ({ runtime, ...found }: Found): ProcessorReport => ({
    version: 1,
    environment: { ...where, runtime },
    asked: { rounds, prompt, tokens, train },
    ...found,
  })
  const found = await measureProcessor(
    options,
    (text) =>
      process.stderr.write(`${((performance.now() - began) / 1000).toFixed(0).padStart(4)} s  ${text}\n`),
    (sofar) => {
      if (!flags.json) return
      mkdirSync(dirname(flags.json), { recursive: true })
      writeFileSync(flags.json, `${JSON.stringify(reportOf(sofar), null, 1)}\n`)
    },
  )
  console.log(processorTable(reportOf(found)))
}
