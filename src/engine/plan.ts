import type { Dims } from '../gpu/kernel.ts'
import { type MemoryLayout, planMemory, sharedSlots, tensorBytes } from '../gpu/memory.ts'
import { CONTEXT_BYTES } from '../gpu/program.ts'
import { boundTensor, type Tape, type Tensor } from '../gpu/tape.ts'
import type { MemoryPlan, PlanRequest, Recompute } from '../protocol/engine.ts'
import { fail } from '../protocol/errors.ts'
import type { WeightType } from '../protocol/model.ts'
import { layOutAdapter } from './adapter.ts'
import { type DecodeParts, decodeParts, decodeTape, prefillTape } from './decode-tapes.ts'
import { type GemmaParts, type RopeTable, ropeKey } from './gemma.ts'
import {
  type BatchInputs,
  batchInputs,
  type Outputs,
  optimizerTape,
  outputs,
  scoringTape,
  trainingTape,
} from './tapes.ts'
import { layOutWeights } from './weights.ts'

/** WebGPU's guaranteed size of one storage binding. */
export const DEFAULT_BINDING = 128 << 20

export interface PlanOptions {
  /** Largest storage binding of the device. */
  maxBinding?: number
  choices?: Record<string, string>
  /** How each weight is stored; by default all alike, by `weightBytes`. */
  typeOf?: (name: string) => WeightType
}

export type TapeName = 'train' | 'optimizer' | 'score' | 'prefill' | 'decode'

/** What a device has to know of beyond the bytes. */
export interface DeviceMemoryPlan extends MemoryPlan {
  dispatchesPerStep: number
  largestBinding: number
}

/** Everything decided before a device is touched: the dispatch lists, and where every byte goes. */
export interface EnginePlan {
  request: PlanRequest
  parts: GemmaParts
  inputs: BatchInputs
  outputs: Outputs
  decode: DecodeParts | null
  tapes: Record<TapeName, PlannedTape | null>
  /** Numeric choices of all tapes, by key: those that were given and name something here, else the defaults. */
  choices: Record<string, string>
  recompute: Recompute
  memory: DeviceMemoryPlan
}

export interface PlannedTape {
  tape: Tape
  capacity: Dims
  layout: MemoryLayout
}

const BUDGET = 4 * 2 ** 30
/** Read-backs under way at once, and their size. */
export const READBACK_BYTES = 4 * 256

/** Plans for a request; `auto` takes the least recomputation that stays within the budget, else the most. */
export function planEngine(request: PlanRequest, options: PlanOptions = {}): EnginePlan {
  const planWith = planner(request, options)
  if (request.recompute !== 'auto') return planWith(request.recompute)
  const budget = request.memoryBudget ?? BUDGET
  let plan: EnginePlan | undefined
  for (const recompute of ['nothing', 'cheap', 'layer'] as const) {
    plan = planWith(recompute)
    if (plan.memory.bytes.total <= budget) return plan
  }
  return plan!
}

/** Plans what recomputation does not change once; the training tape for each that is tried. */
function planner(request: PlanRequest, options: PlanOptions): (recompute: Recompute) => EnginePlan {
  const { model: config, lora } = request
  const maxBinding = options.maxBinding ?? DEFAULT_BINDING
  const choices = options.choices ?? {}
  const typeOf = options.typeOf ?? (() => (request.weightBytes === 4 ? 'F32' : 'BF16'))
  const parts: GemmaParts = {
    config,
    lora,
    weights: layOutWeights(config, typeOf, maxBinding),
    adapter: layOutAdapter(config, lora, maxBinding),
    rope: ropeTables(request),
  }
  const inputs = batchInputs()
  const out = outputs()
  const capacity: Dims = { tokens: request.maxTokens, supervised: request.maxSupervised, sequences: 0 }
  const planned = (tape: Tape, dims: Dims): PlannedTape => ({
    tape,
    capacity: dims,
    layout: planMemory(tape.dispatches, dims),
  })
  const decode = request.decode ? decodeParts(config, request.decode) : null
  const others = {
    optimizer: planned(optimizerTape(parts, out, capacity), capacity),
    score: planned(scoringTape(parts, inputs, out, choices, capacity), capacity),
    prefill: decode && planned(prefillTape(parts, decode, choices), decode.prefillCapacity),
    decode: decode && planned(decodeTape(parts, decode, choices), decode.capacity),
  }
  return (recompute) => {
    const train = planned(trainingTape(parts, inputs, out, recompute, choices, capacity), capacity)
    const tapes: Record<TapeName, PlannedTape | null> = { train, ...others }
    const memory = memoryPlan(recompute, parts, inputs, out, decode, tapes, capacity)
    const { largestBinding } = memory
    if (largestBinding > maxBinding)
      fail(
        'out_of_memory',
        `One array of this plan takes ${mib(largestBinding)}; this device binds at most ${mib(maxBinding)} at once.`,
        'Lower max_length or per_device_train_batch_size.',
        { largestBinding, maxBinding },
      )
    const chosen = Object.assign({}, ...Object.values(tapes).map((planned) => planned?.tape.chosen))
    return { request, parts, inputs, outputs: out, decode, tapes, choices: chosen, recompute, memory }
  }
}

function ropeTables({ model, maxTokens, decode }: PlanRequest): Map<string, RopeTable> {
  const positions = Math.max(maxTokens, decode?.positions ?? 0)
  const tables = new Map<string, RopeTable>()
  for (const rope of model.rope) {
    const tensor = boundTensor(`rope ${ropeKey(rope)}`, [positions, model.headDim])
    if (!tables.has(ropeKey(rope))) tables.set(ropeKey(rope), { tensor, ...rope, positions })
  }
  return tables
}

function memoryPlan(
  recompute: Recompute,
  parts: GemmaParts,
  inputs: BatchInputs,
  out: Outputs,
  decode: DecodeParts | null,
  tapes: EnginePlan['tapes'],
  capacity: Dims,
): DeviceMemoryPlan {
  const all = Object.values(tapes).filter((t) => t !== null)
  const sum = (tensors: Iterable<Tensor>, dims: Dims) => {
    let bytes = 0
    for (const t of tensors) bytes += tensorBytes(t, dims)
    return bytes
  }
  const weights = parts.weights.pieces.reduce((total, p) => total + Math.ceil(p.bytes / 16) * 16, 0)
  const activations = sharedSlots(all.map((t) => t.layout)).reduce((a, b) => a + b, 0)
  const io =
    sum(Object.values(inputs), capacity) +
    sum(Object.values(out), capacity) +
    sum(
      [...parts.rope.values()].map((r) => r.tensor),
      capacity,
    ) +
    CONTEXT_BYTES +
    READBACK_BYTES
  const decodeBytes = decode
    ? decode.tensors.reduce((total, [t, dims]) => total + tensorBytes(t, dims), 0)
    : 0
  const train = tapes.train!
  const live = train.capacity
  const flops = train.tape.dispatches.reduce(
    (total, { kernel }) => total + (kernel.cost?.(live).flops ?? 0),
    0,
  )
  return {
    bytes: {
      weights,
      adapter: parts.adapter.bytes,
      activations,
      decode: decodeBytes,
      io,
      total: weights + parts.adapter.bytes + activations + decodeBytes + io,
    },
    recompute,
    flopsPerStep: flops,
    dispatchesPerStep: train.tape.dispatches.length + (tapes.optimizer?.tape.dispatches.length ?? 0),
    largestBinding: Math.max(...all.map((t) => t.layout.largestBinding)),
  }
}

const mib = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`
