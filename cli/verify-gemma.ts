import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fail } from '../src/protocol/errors.ts'
import { servedModel } from './model-path.ts'
import { interpreter, packageVersions, runScript } from './python.ts'
import { report } from './report.ts'
import { tallyLine } from './stage.ts'
import { inChromium } from './verify/chromium.ts'
import { exportedFormats } from './verify/exports.ts'
import {
  type AnswerDifferences,
  allOf,
  atMost,
  compareAnswers,
  type Figure,
  figureTable,
  holds,
  largestDifference,
} from './verify/figures.ts'
import { type Base, CACHE, openBase, openReferences, type References } from './verify/inputs.ts'
import { HELP, type Options, PROMPTS, readOptions, STEPS } from './verify/options.ts'
import type { VerifyResult } from './verify/page.ts'
import { rewritePage } from './verify/report-page.ts'
import { tokenizerFigures } from './verify/tokenizer.ts'
import { fineTune } from './verify/tune.ts'

const LOGITS_LIMIT = 1e-4
const LOSS_LIMIT = 1e-3

async function verify(options: Options): Promise<Figure[]> {
  const found = await interpreter()
  if ('reason' in found)
    fail('missing_file', `Python is needed: ${found.reason}.`, 'Install Python 3.11 or newer with venv.')
  const { python } = found
  const began = performance.now()
  const say = (text: string) =>
    process.stderr.write(`${((performance.now() - began) / 1000).toFixed(0).padStart(5)} s  ${text}\n`)

  say('the model')
  const base = await openBase(options.base, python)
  if (options.exports !== undefined) return exportedFormats(base, options.exports, options.formats)
  say('references of Transformers and PEFT')
  const references = await openReferences(base, options.steps, python)
  const prompts = references.prompts.slice(0, options.prompts)
  say('Chromium')
  const out = join(CACHE, 'adapter')
  rmSync(out, { recursive: true, force: true })
  const result = await inChromium(
    {
      model: base.served,
      path: base.path,
      folder: base.path === base.folder ? null : await servedModel(base.folder),
      adapter: join(references.folder, 'adapter'),
      out,
      prompts: prompts.map(({ ids, logits_last }) => ({ ids, words: logits_last.map(([word]) => word) })),
      answers: references.answers,
      scalars: references.scalars,
      steps: references.steps,
    },
    say,
  )
  const figures = await ggufFigures(base, python)
  figures.push(...engineFigures({ ...references, prompts }, result))
  say('the exported adapter in PEFT')
  figures.push(...(await exportFigures(base, out, { ...references, prompts }, result, python)))
  say('npm run train')
  const stepSeconds = median(result.steps.map(({ seconds }) => seconds))
  const most = options.steps < STEPS ? options.steps : Number.POSITIVE_INFINITY
  const tuned = await fineTune(base, options.data, { stepSeconds, most }, python)
  figures.push(...tuned.figures)

  const complete = base.tokenizer !== null && options.steps === STEPS && options.prompts === PROMPTS
  if (complete && tuned.note !== '')
    rewritePage({
      figures,
      versions: {
        Chromium: result.chromium,
        adapter: `${result.device}${result.software ? ' (software)' : ''}`,
        ...packageVersions(python, ['torch', 'transformers', 'peft']),
      },
      hashes: { ...base.hashes, ...tuned.hashes },
      notes: [
        `WebGPU's default limits bind ${mib(result.bindings[0])} at once, so that large weights lie in shards; this adapter binds ${mib(result.bindings[1])}.`,
        'The GGUF itself was read, in Chromium and by npm run train; Transformers was given the folder that it stands for, the same files by SHA-256.',
        `A LoRA step of ${references.steps[0]![0]!.tokens.length} tokens took ${stepSeconds.toFixed(2)} s here (median). Fine-tuned on ${tuned.note}.`,
      ],
      date: new Date().toISOString().slice(0, 10),
    })
  else say('docs/verified.md stays as it is: this was not the whole check')
  // The practice model's are held by run.py --suite exports.
  if (!complete || tuned.note === '') return figures
  say('every format of that run')
  return [...figures, ...(await exportedFormats(base, join(CACHE, 'run')))]
}

/** What was read of the GGUF, against the gguf package and the official tokenizer; nothing where a folder was given. */
async function ggufFigures(base: Base, python: string): Promise<Figure[]> {
  if (base.path === base.folder) return []
  const args = ['--gguf', base.path, '--folder', base.folder]
  const same = (await runScript(python, 'peers/check_gguf.py', args)) === 0
  return [
    holds('weights of the GGUF as the gguf package gives them, bit for bit', same, same ? 'yes' : 'no'),
    ...(base.tokenizer === null ? [] : tokenizerFigures(base.folder, base.tokenizer)),
  ]
}

function engineFigures(references: References, result: VerifyResult): Figure[] {
  const { prompts, losses } = references
  const base = compareAnswers(prompts, result.base)
  const steps = result.steps
  const column = (name: 'loss' | 'learning_rate') =>
    largestDifference(
      steps.map((step) => step[name]),
      losses.map((step) => step[name]),
    )
  const tokens = references.answers.maxNewTokens
  const { folder, hub } = result
  return [
    ...(folder === null
      ? []
      : [allOf('the GGUF and its folder: logits of a prompt, bit for bit', folder.same, folder.logits)]),
    allOf(
      'the same model fetched from a hub, checked and stored: logits of a prompt, bit for bit',
      hub.same,
      hub.logits,
    ),
    ...logitFigures(
      'base within default limits',
      compareAnswers(prompts, result.defaultLimits.base),
      prompts.length,
    ),
    ...logitFigures('base with all limits', base, prompts.length),
    allOf(`base: same greedy answer, ${tokens} tokens`, base.sameAnswers, prompts.length),
    atMost('learning rate of each LoRA step', column('learning_rate'), 1e-9),
    atMost(`loss of each of ${steps.length} LoRA steps`, column('loss'), LOSS_LIMIT),
    atMost(
      'loss of the first step, within default limits',
      Math.abs(result.defaultLimits.loss - losses[0]!.loss),
      LOSS_LIMIT,
    ),
  ]
}

function logitFigures(what: string, found: AnswerDifferences, prompts: number): Figure[] {
  return [
    allOf(`${what}: same next token`, found.sameNext, prompts),
    atMost(`${what}: logits, of the largest`, found.logitsError, LOGITS_LIMIT),
  ]
}

/** What PEFT computes with the adapter that the engine trained and exported, against the engine's own answers. */
async function exportFigures(
  base: Base,
  adapter: string,
  { prompts, answers }: References,
  result: VerifyResult,
  python: string,
): Promise<Figure[]> {
  const reference = {
    max_new_tokens: answers.maxNewTokens,
    stop_tokens: answers.stopTokens,
    prompts: prompts.map(({ ids }, i) => ({
      ids,
      logits_last: result.tuned[i]!.logits,
      greedy: result.tuned[i]!.greedy,
    })),
  }
  const [asked, answered] = [join(adapter, 'answers.json'), join(adapter, 'differences.json')]
  writeFileSync(asked, JSON.stringify(reference))
  const args = ['--base', base.folder, '--adapter', adapter, '--reference', asked, '--json', answered]
  await runScript(python, 'peers/check_adapter.py', args)
  const found = JSON.parse(readFileSync(answered, 'utf8')) as {
    problems: string[]
    answers: number
    logits_error: number
    same_next: number
    same_answers: number
  }
  const loading = found.problems.filter((problem) => !problem.startsWith('prompt '))
  return [
    holds('exported adapter: PEFT loads every tensor', loading.length === 0, loading[0] ?? 'yes'),
    ...logitFigures(
      'exported adapter in PEFT',
      { logitsError: found.logits_error, sameNext: found.same_next, sameAnswers: found.same_answers },
      prompts.length,
    ),
    allOf('exported adapter in PEFT: same greedy answer', found.same_answers, prompts.length),
  ]
}

const mib = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)]!
}

try {
  const options = readOptions(process.argv.slice(2))
  if (options === null) console.log(HELP)
  else {
    const figures = await verify(options)
    const failed = figures.filter(({ ok }) => !ok).length
    console.log(`\n${figureTable(figures)}\n`)
    console.log(tallyLine({ passed: figures.length - failed, failed }))
    process.exitCode = failed === 0 ? 0 : 1
  }
} catch (error) {
  process.exitCode = report(error)
}
