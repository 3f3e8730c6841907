import { readFileSync } from 'node:fs'
import { join } from 'node:path'
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

Lists every pipeline of a training step, planned without a device: in how many dispatches it runs, its workgroups, FLOPs and
bytes at full size, with the kernels that are taken where nothing was measured. LoRA on all projections, bf16 weights. Says
last how many pipelines a GPU compiles before its first step is over, checks of operations included.

  --model   sizes of Gemma 3 270M (default) or 1B, Pebble, or of the config.json in a folder
  --tokens  of a batch; default 2048
  --json    an array on standard output, with the WGSL of each`

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
    json: 'switch',
    help: 'switch',
  })
  const tokens = flags.tokens ?? 2048
  if (flags.help) console.log(HELP)
  else {
    if (!Number.isInteger(tokens) || tokens < 1)
      fail('bad_config', `--tokens takes a whole number from 1 on, not ${tokens}.`, 'See --help.', {
        flag: '--tokens',
      })
    const request: PlanRequest = {
      model: configOf(flags.model ?? '270m'),
      lora: parseRunConfig({ lora: { target_modules: 'all-linear' } }).lora,
      maxTokens: tokens,
      maxSupervised: tokens,
      recompute: 'auto',
      decode: null,
    }
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
} catch (error) {
  process.exitCode = report(error)
}
