import { loraScaling, type RunConfig } from '../protocol/run-config.ts'
import type { Demand, Fit, FitChange, FitChangeKind } from '../protocol/studio.ts'

/** A way to change a setting, and how the page calls its new value. */
type Way = Pick<FitChange, 'to' | 'set'>

/** Shorter sequences teach nothing, and lower ranks little. */
const LEAST_LENGTH = 64
const LEAST_RANK = 4

/** What may be changed so that a run fits, in the order in which it is offered; each from the least change to the largest. */
const CHANGES: Record<FitChangeKind, (config: RunConfig) => Way[]> = {
  recompute: ({ engine }) =>
    engine.recompute === 'auto' || engine.recompute === 'layer'
      ? []
      : [{ to: 'auto', set: { engine: { recompute: 'auto' } } }],
  batch: ({ training }) => smallerBatches(training),
  int8: ({ model }) => (model.quantization === null ? [held('int8')] : []),
  int4: ({ model }) => (model.quantization === 'int4' ? [] : [held('int4')]),
  max_length: ({ training }) =>
    halves(training.max_length, LEAST_LENGTH).map((to) => ({ to, set: { training: { max_length: to } } })),
  rank: ({ lora }) => halves(lora.r, LEAST_RANK).map((r) => ({ to: r, set: { lora: lowerRank(lora, r) } })),
}

/** Kernels that were chosen are of what the model was held in. */
const held = (quantization: 'int8' | 'int4'): Way => ({
  to: quantization,
  set: { model: { quantization }, engine: { choices: {} } },
})

function halves(from: number, least: number): number[] {
  const found: number[] = []
  for (let at = Math.floor(from / 2); at >= least; at = Math.floor(at / 2)) found.push(at)
  return found
}

/** As many rows a step as before: more batches are summed. */
function smallerBatches({
  per_device_train_batch_size: size,
  gradient_accumulation_steps: summed,
}: RunConfig['training']): Way[] {
  return halves(size, 1)
    .filter((to) => (size * summed) % to === 0)
    .map((to) => ({
      to,
      set: {
        training: { per_device_train_batch_size: to, gradient_accumulation_steps: (size * summed) / to },
      },
    }))
}

/** What the adapter adds is scaled as before. */
function lowerRank(lora: RunConfig['lora'], r: number): Partial<RunConfig['lora']> {
  return { r, lora_alpha: loraScaling(lora) * (lora.use_rslora ? Math.sqrt(r) : r) }
}

/** A config with what a change sets. */
export function changed(config: RunConfig, set: FitChange['set']): RunConfig {
  const { training, lora, engine, model } = set
  return {
    ...config,
    training: { ...config.training, ...training },
    lora: { ...config.lora, ...lora },
    engine: { ...config.engine, ...engine },
    model: { ...config.model, ...model },
  }
}

const fitting = ({ needs, grants }: Demand) => needs <= grants

/** A change, and what its plan comes to as a share of what it may. */
interface Tried {
  change: FitChange
  share: number
}

/**
 * Whether a run of this config fits, and what would make it.
 * @param demand of a config: what its plan takes, and may take
 * @param exact whether that is the run's own plan
 */
export async function fitOf(
  config: RunConfig,
  demand: (config: RunConfig) => Promise<Demand>,
  exact: boolean,
): Promise<Fit> {
  const asked = await demand(config)
  if (fitting(asked)) return { ...asked, fits: true, exact, changes: [] }
  const tried: Tried[] = []
  for (const what of Object.keys(CHANGES) as FitChangeKind[]) {
    const found = await least(config, what, demand)
    if (found) tried.push(found)
  }
  const enough = tried.filter(({ change }) => change.fits)
  const nearest = tried
    .filter(({ share }) => share < asked.needs / asked.grants)
    .sort((a, b) => a.share - b.share)
    .slice(0, 1)
  const changes = (enough.length > 0 ? enough : nearest).map(({ change }) => change)
  return { ...asked, fits: false, exact, changes }
}

/** The least change of its kind that is enough, or the largest; null where there is none. */
async function least(
  config: RunConfig,
  what: FitChangeKind,
  demand: (config: RunConfig) => Promise<Demand>,
): Promise<Tried | null> {
  const ways = CHANGES[what](config)
  const tryOut = async (way: Way): Promise<Tried> => {
    const asked = await demand(changed(config, way.set))
    const change = { what, ...way, needs: asked.needs, fits: fitting(asked) }
    return { change, share: asked.needs / asked.grants }
  }
  const last = ways.at(-1)
  if (!last) return null
  let best = await tryOut(last)
  if (!best.change.fits) return best
  // More of a change never takes more memory.
  let [low, high] = [0, ways.length - 1]
  while (low < high) {
    const middle = (low + high) >> 1
    const tried = await tryOut(ways[middle]!)
    if (tried.change.fits) [best, high] = [tried, middle]
    else low = middle + 1
  }
  return best
}
