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
import { GEMMA_1B, GEMMA_2_2B, GEMMA_4B, GEMMA_270M } from '../bench/shapes.ts'
import { hardwarePlan } from '../bench/simulation.ts'
import {
  beforeFirstStep,
  countBeforeFirstStep,
  stepKernels,
  stepKernelsTable,
} from '../bench/step-kernels.ts'
import { planEngine } from '../src/engine/plan.ts'
import { readModelConfig } from '../src/model/config.ts'
import { quantisedTypes } from '../src/model/quantised-weights.ts'
import { storedAlike } from '../src/model/storage.ts'
import type { PlanRequest } from '../src/protocol/engine.ts'
import { fail } from '../src/protocol/errors.ts'
import type { ModelConfig, Quantization } from '../src/protocol/model.ts'
import { parseRunConfig } from '../src/protocol/run-config.ts'
import { parseFlags } from './args.ts'
import { ROOT } from './build.ts'
import { report } from './report.ts'

const COMPILED = '270m,1b,270m:int8,270m:int4,1b:int4,2-2b,2-2b:int4,4b'

const HELP = `npm run kernels -- [--model 270m|1b|4b|2-2b|pebble|FOLDER[:int8|:int4]] [--tokens NUMBER] [--json]
npm run kernels -- --compile [--model LIST] [--tokens NUMBER] [--json] [--markdown FILE]

Lists every pipeline of a training step, planned without a device: in how many dispatches it runs, its workgroups, FLOPs and
bytes at full size, with the kernels that are taken where nothing was measured. LoRA on all projections, bf16 weights. Says
last how many pipelines a GPU compiles before its first step is over, checks of operations included.

  --model   sizes of Gemma 3 270M (default), 1B or 4B, of Gemma 2 2B, Pebble, or of the config.json in a folder; with :int8 or :int4
            its base is held in that
  --tokens  of a batch; default 2048
  --json    an array on standard output, with the WGSL of each

With --compile, every kernel that a GPU may be given, each variant of each choice, decoding too, as a Vulkan driver compiles it that
prints statistics of shaders: registers, spills, occupancy. Nothing is executed. Mesa's RADV does so with
RADV_DEBUG=shaderstats,nocache, and with RADV_FORCE_FAMILY=phoenix (a laptop's RDNA3; navi31: a desktop's) for a GPU that is not
there; VK_ICD_FILENAMES says which driver is taken.

  --model     several with commas; default ${COMPILED}
  --markdown  writes the table into a file`

/** @param name of a model, and what its base is held in */
function requestFor(name: string, tokens: number): PlanRequest {
  const [, of, held] = /^(.*?)(?::(int8|int4))?$/.exec(name)!
  const model = configOf(of!)
  return {
    model,
    stored: quantisedTypes(model, storedAlike(model, 'BF16'), (held ?? null) as Quantization),
    lora: parseRunConfig({ lora: { target_modules: 'all-linear' } }).lora,
    maxTokens: tokens,
    maxSupervised: tokens,
    recompute: 'auto',
    decode: null,
  }
}

/** @throws LapidaryError `missing_device` where no driver is there, or none that prints statistics */
function compileAll(
  models: readonly string[],
  tokens: number,
): { adapter: string; kernels: CompiledKernel[] } {
  const decode = { sequences: 4, positions: 512 }
  const requests = Object.fromEntries(models.map((name) => [name, { ...requestFor(name, tokens), decode }]))
  const script = join(ROOT, 'bench/compile-kernels.ts')
  const { status, stderr } = spawnSync(process.execPath, ['--import', 'tsx', script], {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 2 ** 28,
    // Too long for an argument. What each tensor is stored as goes as pairs.
    input: JSON.stringify(requests, (_, value) => (value instanceof Map ? [...value] : value)),
  })
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
  return `Every kernel that a GPU may be given, as one compiler makes it: compiled, not run. Gemma 3 270M, 1B and 4B, and Gemma 2 2B (2-2b), in bf16
where nothing is said, LoRA on all projections, ${tokens} tokens, labels scored, decoding for four prompts. Made by
\`RADV_FORCE_FAMILY=${family} RADV_DEBUG=${debug} npm run kernels -- --compile\` (${adapter}).
Registers are vector registers an invocation, of 256; spilled: those that found no place; scratch and workgroup memory in bytes.
A kernel's pipelines differ in shapes: each figure is the worst of them.

${statisticsSummary(kernels)}.

${statisticsMarkdown(kernels)}
`
}

const SIZES: Record<string, ModelConfig> = {
  '270m': GEMMA_270M,
  '1b': GEMMA_1B,
  '4b': GEMMA_4B,
  '2-2b': GEMMA_2_2B,
}

function configOf(model: string): ModelConfig {
  if (Object.hasOwn(SIZES, model)) return SIZES[model]!
  const file = join(model === 'pebble' ? join(ROOT, 'public/models/pebble') : model, 'config.json')
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch {
    return fail(
      'missing_file',
      `${file} cannot be read.`,
      `Give ${Object.keys(SIZES).join(', ')}, pebble, or the folder of a model.`,
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
      const { adapter, kernels } = compileAll((flags.model ?? COMPILED).split(','), tokens)
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
