import type { Dims } from '../gpu/kernel.ts'
import { type MemoryLayout, planMemory, sharedSlots, tensorBytes } from '../gpu/memory.ts'
import { CONTEXT_BYTES } from '../gpu/program.ts'
import { isShort, NOTHING_TRIED, type Room, USUAL_BUDGET } from '../gpu/room.ts'
import { boundTensor, type Tape, type Tensor } from '../gpu/tape.ts'
import { checkLayers } from '../model/layers.ts'
import { ropesOf } from '../model/rope.ts'
import type { MemoryPlan, PlanRequest, Recompute } from '../protocol/engine.ts'
import { fail } from '../protocol/errors.ts'
import type { Demand } from '../protocol/rooms/fit.ts'
import { layOutAdapter } from './adapter.ts'
import { type ChoiceParts, choiceParts, choicesTape } from './choices-tape.ts'
import { type DecodeParts, decodeParts, decodeTape, prefillTape } from './decode-tapes.ts'
import type { GemmaParts, RopeTable } from './gemma.ts'
import {
  type BatchInputs,
  batchInputs,
  type Outputs,
  optimizerTape,
  outputs,
  scoringTape,
  trainingTape,
} from './tapes.ts'
import { layOutWeights, weightBuffers } from './weights.ts'

/** WebGPU's guaranteed size of one storage binding. */
export const DEFAULT_BINDING = 128 << 20

export interface PlanOptions {
  /** Largest storage binding of the device. */
  maxBinding?: number
  choices?: Record<string, string>
  /** Bytes that the plan may take where the request does not say. */
  budget?: number
  /** Bytes that it may not take whatever the request says, as the device was found to have no more room. */
  most?: number | undefined
}

export type TapeName = 'train' | 'optimizer' | 'score' | 'choices' | 'prefill' | 'decode'

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
  choiceParts: ChoiceParts
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

/** Read-backs under way at once, and their size. */
export const READBACK_BYTES = 4 * 256

/** Least recomputation first. */
const WAYS: readonly Recompute[] = ['nothing', 'cheap', 'layer']

/**
 * Plans for a request; `auto` takes the least recomputation that stays within the budget, else the most. Each tape is planned
 * once, but for the training one, which alone depends on what is recomputed.
 * @throws LapidaryError `unsupported_model` for layers that the engine does not have, `out_of_memory` for an array that the
 * device cannot bind
 */
export function planEngine(request: PlanRequest, options: PlanOptions = {}): EnginePlan {
  const plan = planWhatever(request, options)
  const { largestBinding } = plan.memory
  const { maxBinding = DEFAULT_BINDING } = options
  if (largestBinding > maxBinding)
    fail(
      'out_of_memory',
      `One array of this plan takes ${megabytes(largestBinding)}; this device binds at most ${megabytes(maxBinding)} at once.`,
      'Lower max_length or per_device_train_batch_size.',
      { largestBinding, maxBinding },
    )
  return plan
}

/** The same plan, whether the device can bind its arrays or not. */
function planWhatever(request: PlanRequest, options: PlanOptions): EnginePlan {
  checkLayers(request.model)
  const draft = draftOf(request, options)
  const budget = Math.min(
    request.memoryBudget ?? options.budget ?? USUAL_BUDGET,
    options.most ?? Number.POSITIVE_INFINITY,
  )
  let plan: EnginePlan | undefined
  for (const recompute of request.recompute === 'auto' ? WAYS : [request.recompute]) {
    plan = planWith(draft, recompute)
    if (plan.memory.bytes.total <= budget) break
  }
  return plan!
}

/** Bytes that a plan for the request takes, beside those that it may take: nothing is refused for being too large. */
export function demandOf(
  request: PlanRequest,
  { room = NOTHING_TRIED, ...options }: PlanOptions & { room?: Room } = {},
): Demand {
  const { maxBinding = DEFAULT_BINDING, budget = USUAL_BUDGET } = options
  const set = request.memoryBudget
  const wanted = set ?? Math.max(budget, room.fits)
  const short = isShort(room, wanted)
  const grants = short ? Math.min(wanted, room.fits) : wanted
  const { memory } = planWhatever(request, { ...options, budget, ...(short && { most: room.fits }) })
  const { bytes, largestBinding } = memory
  if (largestBinding > maxBinding)
    return { needs: largestBinding, grants: maxBinding, from: 'device', limit: 'binding', bytes }
  const from =
    short || (set === undefined && room.fits >= budget) ? 'tried' : set === undefined ? 'guess' : 'set'
  return { needs: bytes.total, grants, from, limit: 'memory', bytes }
}

/**
 * The plan, where it keeps to what the request may take.
 * @throws LapidaryError `out_of_memory` with the least that it needs
 */
export function withinBudget(plan: EnginePlan): EnginePlan {
  const { memoryBudget, recompute } = plan.request
  const { total } = plan.memory.bytes
  if (memoryBudget === undefined || total <= memoryBudget) return plan
  const less = recompute === 'auto' || recompute === 'layer' ? '' : 'leave recompute to auto, or '
  return fail(
    'out_of_memory',
    `This run takes ${megabytes(total)} of graphics memory, and it may take ${megabytes(memoryBudget)} (memory_budget).`,
    `Set memory_budget to ${Math.ceil(total / 2 ** 20) * 2 ** 20} bytes or more, or ${less}lower max_length, per_device_train_batch_size or the LoRA rank.`,
    { memoryBudget, needed: total },
  )
}

/** What does not depend on recomputation. */
interface Draft
  extends Pick<EnginePlan, 'request' | 'parts' | 'inputs' | 'outputs' | 'choiceParts' | 'decode'> {
  choices: Record<string, string>
  maxBinding: number
  capacity: Dims
  tapes: Omit<EnginePlan['tapes'], 'train'>
}

function draftOf(request: PlanRequest, options: PlanOptions): Draft {
  const { model: config, lora, stored } = request
  const { maxBinding = DEFAULT_BINDING, choices = {} } = options
  const parts: GemmaParts = {
    config,
    lora,
    weights: layOutWeights(config, stored, maxBinding),
    adapter: layOutAdapter(config, lora, maxBinding),
    rope: ropeTables(request),
  }
  const inputs = batchInputs()
  const out = outputs()
  const capacity: Dims = { tokens: request.maxTokens, supervised: request.maxSupervised, sequences: 0 }
  const branches = choiceParts(config, request.maxTokens)
  const decode = request.decode ? decodeParts(config, request.decode) : null
  const tapes: Draft['tapes'] = {
    optimizer: planned(optimizerTape(parts, out, capacity)),
    score: planned(scoringTape(parts, inputs, out, choices, capacity)),
    choices: planned(choicesTape(parts, branches, choices), branches.lasting),
    prefill: decode && planned(prefillTape(parts, decode, choices)),
    decode: decode && planned(decodeTape(parts, decode, choices)),
  }
  const made = { request, parts, inputs, outputs: out, choiceParts: branches, decode }
  return { ...made, choices, maxBinding, capacity, tapes }
}

function planWith(draft: Draft, recompute: Recompute): EnginePlan {
  const { request, parts, inputs, outputs: out, choiceParts, decode, choices, capacity } = draft
  const train = planned(trainingTape({ parts, inputs, out, recompute, choices, capacity }))
  const tapes = { train, ...draft.tapes }
  const memory = memoryPlan({ recompute, parts, inputs, outputs: out, choiceParts, decode, tapes, capacity })
  const chosen = Object.assign({}, ...Object.values(tapes).map((planned) => planned?.tape.chosen))
  const made = { request, parts, inputs, outputs: out, choiceParts, decode }
  return { ...made, tapes, choices: chosen, recompute, memory }
}

const planned = (tape: Tape, lasting?: ReadonlySet<Tensor>): PlannedTape => ({
  tape,
  capacity: tape.capacity,
  layout: planMemory(tape.dispatches, tape.capacity, lasting),
})

function ropeTables({ model, maxTokens, decode }: PlanRequest): Map<string, RopeTable> {
  const positions = Math.max(maxTokens, decode?.positions ?? 0)
  return new Map(
    Array.from(ropesOf(model), ([key, shape]): [string, RopeTable] => [
      key,
      { ...shape, tensor: boundTensor(`rope ${key}`, [positions, shape.headDim]), positions },
    ]),
  )
}

/** A plan whose bytes are not counted yet. */
interface Uncounted extends Omit<EnginePlan, 'request' | 'choices' | 'memory'> {
  capacity: Dims
}

function memoryPlan(plan: Uncounted): DeviceMemoryPlan {
  const { recompute, parts, inputs, outputs: out, choiceParts, decode, tapes, capacity } = plan
  const all = Object.values(tapes).filter((t) => t !== null)
  const sum = (tensors: Iterable<Tensor>, dims: Dims) => {
    let bytes = 0
    for (const t of tensors) bytes += tensorBytes(t, dims)
    return bytes
  }
  const weights = weightBuffers(parts.weights.pieces).sizes.reduce((total, bytes) => total + bytes, 0)
  const activations = sharedSlots(all.map((t) => t.layout)).reduce((a, b) => a + b, 0)
  const io =
    sum(Object.values(inputs), capacity) +
    sum(Object.values(out), capacity) +
    sum(choiceParts.tensors, choiceParts.capacity) +
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

/** In the page's units. */
const megabytes = (bytes: number) => `${Math.round(bytes / 1e6)} MB`
