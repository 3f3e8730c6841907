import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  type CompiledKernel,
  readStatistics,
  statisticsMarkdown,
  statisticsSummary,
  statisticsTable,
} from '../bench/shader-statistics.ts'
import { GEMMA_1B, GEMMA_270M } from '../bench/shapes.ts'
import { hardwarePlan } from '../bench/simulation.ts'
import {
  beforeFirstStep,
  countBeforeFirstStep,
  stepKernels,
  stepKernelsTable,
} from '../bench/step-kernels.ts'
import { planEngine } from '../src/engine/plan.ts'
import { readModelConfig } from '../src/model/config.ts'
import type { PlanRequest } from '../src/protocol/engine.ts'
import { fail } from '../src/protocol/errors.ts'
import type { ModelConfig } from '../src/protocol/model.ts'
import { parseRunConfig } from '../src/protocol/run-config.ts'
import { parseFlags } from './args.ts'
import { ROOT } from './build.ts'
import { report } from './report.ts'

const HELP = `npm run kernels -- [--model 270m|1b|pebble|FOLDER] [--tokens NUMBER] [--json]
npm run kernels -- --compile [--model LIST] [--tokens NUMBER] [--json] [--markdown FILE]

Lists every pipeline of a training step, planned without a device: in how many dispatches it runs, its workgroups, FLOPs and
bytes at full size, with the kernels that are taken where nothing was measured. LoRA on all projections, bf16 weights. Says
last how many pipelines a GPU compiles before its first step is over, checks of operations included.

  --model   sizes of Gemma 3 270M (default) or 1B, Pebble, or of the config.json in a folder
  --tokens  of a batch; default 2048
  --json    an array on standard output, with the WGSL of each

With --compile, every kernel that a GPU may be given, each variant of each choice, decoding too, as a Vulkan driver compiles it that
prints statistics of shaders: registers, spills, occupancy. Nothing is executed. Mesa's RADV does so with
RADV_DEBUG=shaderstats,nocache, and with RADV_FORCE_FAMILY=phoenix (a laptop's RDNA3; navi31: a desktop's) for a GPU that is not
there; VK_ICD_FILENAMES says which driver is taken.

  --model     several with commas; default 270m,1b
  --markdown  writes the table into a file`

const COMPILED: readonly string[] = ['270m', '1b']

const requestFor = (model: string, tokens: number): PlanRequest => ({
  model: configOf(model),
  lora: parseRunConfig({ lora: { target_modules: 'all-linear' } }).lora,
  maxTokens: tokens,
  maxSupervised: tokens,
  recompute: 'auto',
  decode: null,
})

/** @throws LapidaryError `missing_device` where no driver is there, or none that prints statistics */
function compileAll(
  models: readonly string[],
  tokens: number,
): { adapter: string; kernels: CompiledKernel[] } {
  const decode = { sequences: 4, positions: 512 }
  const requests = Object.fromEntries(models.map((name) => [name, { ...requestFor(name, tokens), decode }]))
  const script = join(ROOT, 'bench/compile-kernels.ts')
  const { status, stderr } = spawnSync(
    process.execPath,
    ['--import', 'tsx', script, JSON.stringify(requests)],
    {
      cwd: ROOT,
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
    },
  )
  try {
    if (status !== 0) throw new Error(stderr.trim().split('\n').at(-1) ?? 'it did not compile')
    return readStatistics(stderr)
  } catch (error) {
    return fail(
      'missing_device',
      `No statistics of compiled kernels: ${(error as Error).message.replace(/\.$/, '')}.`,
      'Set VK_ICD_FILENAMES to a driver that prints them, and RADV_DEBUG=shaderstats,nocache: see --help.',
    )
  }
}

function markdown(adapter: string, tokens: number, kernels: readonly CompiledKernel[]): string {
  const { RADV_FORCE_FAMILY: family = '', RADV_DEBUG: debug = '' } = process.env
  return `Every kernel that a GPU may be given, as one compiler makes it: compiled, not run. Gemma 3 270M and 1B in bf16, LoRA on all
projections, ${tokens} tokens, decoding for four prompts. Made by
\`RADV_FORCE_FAMILY=${family} RADV_DEBUG=${debug} npm run kernels -- --compile\` (${adapter}).
Registers are vector registers an invocation, of 256; spilled: those that found no place; scratch and workgroup memory in bytes.
A kernel's pipelines differ in shapes: each figure is the worst of them.

${statisticsSummary(kernels)}.

${statisticsMarkdown(kernels)}
`
}

function configOf(model: string): ModelConfig {
  if (model === '270m') return GEMMA_270M
  if (model === '1b') return GEMMA_1B
  const file = join(model === 'pebble' ? join(ROOT, 'public/models/pebble') : model, 'config.json')
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    return fail(
      'missing_file',
      `${file} cannot be read.`,
      'Give 270m, 1b, pebble, or the folder of a model.',
      {
        file,
      },
    )
  }
  return readModelConfig(JSON.parse(text))
}

try {
  const flags = parseFlags(process.argv.slice(2), {
    model: 'text',
    tokens: 'number',
    compile: 'switch',
    json: 'switch',
    markdown: 'text',
    help: 'switch',
  })
  const tokens = flags.tokens ?? 2048
  if (flags.help) console.log(HELP)
  else {
    if (!Number.isInteger(tokens) || tokens < 1)
      fail('bad_config', `--tokens takes a whole number from 1 on, not ${tokens}.`, 'See --help.', {
        flag: '--tokens',
      })
    if (flags.compile) {
      const { adapter, kernels } = compileAll(flags.model?.split(',') ?? COMPILED, tokens)
      console.log(flags.json ? JSON.stringify(kernels, null, 2) : statisticsTable(kernels))
      console.error(`${adapter}: ${statisticsSummary(kernels)}`)
      if (flags.markdown) writeFileSync(flags.markdown, markdown(adapter, tokens, kernels))
    } else {
      const request = requestFor(flags.model ?? '270m', tokens)
      const plan = planEngine(request)
      const rows = stepKernels(plan)
      console.log(flags.json ? JSON.stringify(rows, null, 2) : stepKernelsTable(rows))
      console.error(`${tokens} tokens, recompute ${plan.recompute}`)
      const onGpu = hardwarePlan(request)
      const { measured, run } = beforeFirstStep(onGpu)
      console.error(
        `${countBeforeFirstStep(onGpu)} pipelines before the first step on a GPU, with the kernels that one is given: ` +
          `${run.size} that train and score, which are checked as they are, and ${measured.size} that measure the adapter`,
      )
    }
  }
} catch (error) {
  process.exitCode = report(error)
}
