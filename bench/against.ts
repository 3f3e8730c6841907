/**
 * A training step as it is here against what it was at an older commit: both engines in one page of headless Chromium, a step of each
 * by turns, with the same weights, batch and rates. Figures of the steps must be the same bits. Times are ratios of medians: by the
 * clock, and by processor time of the process that stands in for a GPU, which other work on the machine changes less. `--cold`: how
 * long it takes until a first step is over instead, and what is compiled until then, each time in a browser of its own.
 *
 *   npx tsx bench/against.ts COMMIT [--model pebble|270m] [--tokens 256] [--steps 20] [--cold ROUNDS]
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { build } from 'esbuild'
import { openBrowser } from '../cli/browser.ts'
import { ROOT } from '../cli/build.ts'
import { serve } from '../cli/server.ts'
import type { Batch } from '../src/protocol/batch.ts'
import type { StepResult, StepScalars } from '../src/protocol/engine.ts'
import type { LoraConfig } from '../src/protocol/run-config.ts'

type Side = 'before' | 'now'
type Model = 'pebble' | '270m'

/** What an entry of either tree offers in the page. */
interface Opened {
  rates: { flops: number; bandwidth: number }
  step(batch: Batch, scalars: StepScalars): Promise<StepResult>
}
declare global {
  interface Window {
    against: Record<Side, (o: OpenOptions) => Promise<Opened>>
    opened: Record<Side, Opened>
    batchOf: (tokens: number) => Batch
  }
}
interface OpenOptions {
  model: Model
  lora: LoraConfig
  tokens: number
  supervised: number
  rates: Opened['rates'] | null
  decode: { sequences: number; positions: number } | null
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    model: { type: 'string', default: 'pebble' },
    tokens: { type: 'string', default: '256' },
    steps: { type: 'string', default: '20' },
    cold: { type: 'string', default: '0' },
  },
})
const SIDES: readonly Side[] = ['before', 'now']
const LORA: LoraConfig = {
  r: 8,
  lora_alpha: 16,
  lora_dropout: 0,
  target_modules: 'all-linear',
  use_rslora: false,
}

/** What all trees since there is a bench have by these names. */
const entry = (side: Side) => `
import { createWebgpuEngine } from './src/engine/webgpu-engine.ts'
import { GEMMA_270M, PEBBLE } from './bench/shapes.ts'
import { randomWeights } from './bench/random.ts'
window.against ??= {}
window.against.${side} = async ({ model, lora, tokens, supervised, rates, decode }) => {
  const config = model === 'pebble' ? PEBBLE : GEMMA_270M
  const engine = await createWebgpuEngine(rates ? { rates } : {})
  const request = { model: config, lora, maxTokens: tokens, maxSupervised: supervised, recompute: 'auto', decode }
  await engine.load({ config, weights: randomWeights(config) }, request, { seed: 1 })
  return { rates: engine.rates, step: (batch, scalars) => engine.step([batch], scalars) }
}`

async function bundle(tree: string, side: Side): Promise<string> {
  const made = await build({
    stdin: { contents: entry(side), resolveDir: tree, loader: 'ts' },
    bundle: true,
    format: 'esm',
    target: 'es2022',
    write: false,
    logLevel: 'error',
  })
  return made.outputFiles[0]!.text
}

/** The files of a commit in a folder of their own. */
function treeOf(commit: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'lapidary-against-'))
  const files = execFileSync('git', ['archive', commit, 'src', 'bench'], { cwd: ROOT, maxBuffer: 2 ** 30 })
  execFileSync('tar', ['-x', '-C', folder], { input: files })
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'))
  return folder
}

const scalarsOf = (step: number): StepScalars => ({
  step,
  seed: 1,
  learningRate: 1e-4,
  beta1: 0.9,
  beta2: 0.999,
  epsilon: 1e-8,
  weightDecay: 0,
  maxGradNorm: 1,
})

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[values.length >> 1]!
const ms = (seconds: number) => `${(seconds * 1000).toFixed(0)} ms`

/** Tokens of a batch, every second supervised; run in the page too. */
function batchOf(tokens: number): Batch {
  const ids = Uint32Array.from({ length: tokens }, (_, i) => ((i * 7919) % 2000) + 10)
  const labels = Int32Array.from(ids, (_, t) => (t % 2 === 0 && t + 1 < tokens ? ids[t + 1]! : -100))
  return {
    tokens: ids,
    positions: Uint32Array.from(ids.keys()),
    segmentStart: new Uint32Array(tokens),
    labels,
    supervisedRows: Uint32Array.from([...labels.keys()].filter((t) => labels[t]! >= 0)),
  }
}

interface Asked {
  model: Model
  tokens: number
  steps: number
  cold: number
}

/** A browser with both engines' code in a page. */
async function openPage(url: string) {
  const { page, close } = await openBrowser()
  await page.goto(`${url}page.html`)
  await page.waitForFunction(
    (sides) => sides.every((side) => window.against?.[side] !== undefined),
    [...SIDES],
  )
  await page.evaluate(`window.batchOf = ${batchOf}`)
  const inspector = await page.context().browser()!.newBrowserCDPSession()
  /** Seconds that the GPU's process has computed for so far. */
  const processor = async () => {
    const { processInfo } = await inspector.send('SystemInfo.getProcessInfo')
    return processInfo.find(({ type }) => type === 'GPU')!.cpuTime
  }
  return { page, close, processor }
}

const optionsOf = ({ model, tokens }: Asked): OpenOptions => ({
  model,
  lora: LORA,
  tokens,
  supervised: Math.floor(tokens / 2),
  rates: null,
  decode: null,
})

async function main(commit: string, asked: Asked): Promise<void> {
  const old = treeOf(commit)
  const texts = new Map([['/favicon.ico', '']])
  try {
    for (const side of SIDES) texts.set(`/${side}.js`, await bundle(side === 'before' ? old : ROOT, side))
  } finally {
    rmSync(old, { recursive: true })
  }
  const scripts = SIDES.map((side) => `<script type="module" src="./${side}.js"></script>`)
  texts.set('/page.html', `<!doctype html><meta charset="utf-8">${scripts.join('')}`)
  const server = await serve({ root: join(ROOT, 'bench'), texts })
  try {
    await (asked.cold > 0 ? coldStarts : steps)(server.url, commit, asked)
  } finally {
    await server.close()
  }
}

/** From nothing to the end of a first step, with decoding planned as for a run that shows answers. */
async function coldStarts(url: string, commit: string, asked: Asked): Promise<void> {
  const options = { ...optionsOf(asked), decode: { sequences: 3, positions: asked.tokens } }
  const times = { before: [] as number[], now: [] as number[] }
  const worked = { before: [] as number[], now: [] as number[] }
  const compiled = { before: [] as number[], now: [] as number[] }
  for (let round = 0; round < asked.cold; round++)
    for (const side of round % 2 ? SIDES.toReversed() : SIDES) {
      const { page, close, processor } = await openPage(url)
      try {
        const from = await processor()
        const [seconds, pipelines] = await page.evaluate(
          async ({ side, options, scalars }) => {
            let pipelines = 0
            const made = GPUDevice.prototype
            const { createComputePipeline, createComputePipelineAsync } = made
            made.createComputePipeline = function (descriptor) {
              pipelines++
              return createComputePipeline.call(this, descriptor)
            }
            made.createComputePipelineAsync = function (descriptor) {
              pipelines++
              return createComputePipelineAsync.call(this, descriptor)
            }
            const begun = performance.now()
            const engine = await window.against[side](options)
            await engine.step(window.batchOf(options.tokens), scalars)
            return [(performance.now() - begun) / 1000, pipelines] as const
          },
          { side, options, scalars: scalarsOf(1) },
        )
        times[side].push(seconds)
        worked[side].push((await processor()) - from)
        compiled[side].push(pipelines)
      } finally {
        await close()
      }
    }
  console.log(`${asked.model}, ${asked.tokens} tokens, ${asked.cold} cold starts of each against ${commit}`)
  console.log(`until a first step is over   ${ratio(times)}`)
  console.log(`by processor time            ${ratio(worked)}`)
  console.log(`pipelines until then         ${median(compiled.before)} before, ${median(compiled.now)} now`)
}

async function steps(url: string, commit: string, asked: Asked): Promise<void> {
  const { page, close, processor } = await openPage(url)
  try {
    await page.evaluate(async (options) => {
      const before = await window.against.before(options)
      const now = await window.against.now({ ...options, rates: before.rates })
      window.opened = { before, now }
    }, optionsOf(asked))
    const times = { before: [] as number[], now: [] as number[] }
    const worked = { before: [] as number[], now: [] as number[] }
    const sent = { before: [] as number[], now: [] as number[] }
    for (let step = 1; step <= asked.steps + 1; step++) {
      const figures = new Map<Side, string>()
      for (const side of step % 2 ? SIDES : SIDES.toReversed()) {
        const from = await processor()
        const { seconds, submits, said } = await page.evaluate(
          async ({ side, tokens, scalars }) => {
            const batch = window.batchOf(tokens)
            let submits = 0
            const { submit } = GPUQueue.prototype
            GPUQueue.prototype.submit = function (buffers) {
              submits++
              submit.call(this, buffers)
            }
            const begun = performance.now()
            const result = await window.opened[side].step(batch, scalars)
            const seconds = (performance.now() - begun) / 1000
            GPUQueue.prototype.submit = submit
            // A step tells more by now; what every engine told is compared.
            const { loss, mean_token_accuracy, grad_norm, tokens: counted, finite } = result
            return {
              seconds,
              submits,
              said: JSON.stringify({ loss, mean_token_accuracy, grad_norm, counted, finite }),
            }
          },
          { side, tokens: asked.tokens, scalars: scalarsOf(step) },
        )
        figures.set(side, said)
        // The first step compiles what drivers put off until then.
        if (step === 1) continue
        times[side].push(seconds)
        sent[side].push(submits)
        worked[side].push((await processor()) - from)
      }
      const [before, now] = [figures.get('before'), figures.get('now')]
      if (before !== now) throw new Error(`step ${step} gave other figures: ${before}, now ${now}`)
    }
    console.log(
      `${asked.model}, ${asked.tokens} tokens, ${asked.steps} steps of each against ${commit}: the same figures to the bit`,
    )
    console.log(`by the clock        ${ratio(times)}`)
    console.log(`by processor time   ${ratio(worked)}`)
    console.log(`submits a step      ${median(sent.before)} before, ${median(sent.now)} now`)
  } finally {
    await close()
  }
}

const ratio = (of: Record<Side, number[]>) =>
  `${(median(of.now) / median(of.before)).toFixed(3)} (${ms(median(of.before))} before, ${ms(median(of.now))} now)`

if (positionals.length !== 1) throw new Error('Name the commit to compare with.')
main(positionals[0]!, {
  model: values.model as Model,
  tokens: Number(values.tokens),
  steps: Number(values.steps),
  cold: Number(values.cold),
})
