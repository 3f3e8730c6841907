/**
 * The one uniform block every kernel sees as `step`. Whatever changes from step to step is here, so that a plan never
 * depends on it. Sizes that vary (`Dim` names) are its first fields.
 */
export const SCALARS = [
  /** Live rows T of a flat token stream; in decoding, sequences side by side. */
  ['tokens', 'u32'],
  /** Live supervised rows N. */
  ['supervised', 'u32'],
  /** Prompts decoded side by side. */
  ['sequences', 'u32'],
  /** Key of the random numbers. */
  ['seed', 'u32'],
  /** Counts micro-batches over the whole run (training) or drawn tokens (decoding): the second half of the key. */
  ['counter', 'u32'],
  /** 1 / supervised tokens of the whole accumulated batch. */
  ['loss_scale', 'f32'],
  /** 1 with the adapter, 0 without. */
  ['adapter', 'f32'],
  /** Share of elements LoRA dropout keeps; 1 when not training. */
  ['dropout_keep', 'f32'],
  ['learning_rate', 'f32'],
  ['beta1', 'f32'],
  ['beta2', 'f32'],
  /** 1 - beta1 and 1 - beta2, from the host in f64: in f32 the difference loses digits. */
  ['rest1', 'f32'],
  ['rest2', 'f32'],
  ['epsilon', 'f32'],
  ['weight_decay', 'f32'],
  /** 1 - beta1 ** t and 1 - beta2 ** t, from the host in f64. */
  ['bias1', 'f32'],
  ['bias2', 'f32'],
  /** 0: no clipping. */
  ['max_grad_norm', 'f32'],
  /** 0: greedy. */
  ['temperature', 'f32'],
  /** 1: off. */
  ['top_p', 'f32'],
  /** 0: off. */
  ['top_k', 'u32'],
  /** First cache row (per sequence) that the rows of this dispatch list begin at. */
  ['cache_start', 'u32'],
] as const

export type ScalarName = (typeof SCALARS)[number][0]
export type Scalars = Record<ScalarName, number>
export type DimName = 'tokens' | 'supervised' | 'sequences'

/** Byte size of the block, rounded up to 16. */
export const SCALARS_BYTES = Math.ceil((SCALARS.length * 4) / 16) * 16

export const SCALARS_WGSL = `struct Scalars {\n${SCALARS.map(([name, type]) => `  ${name}: ${type},`).join('\n')}\n}`

const NEUTRAL: Scalars = {
  ...(Object.fromEntries(SCALARS.map(([name]) => [name, 0])) as Scalars),
  loss_scale: 1,
  adapter: 1,
  dropout_keep: 1,
  bias1: 1,
  bias2: 1,
  top_p: 1,
}

/** The block's bytes; what is not given is neutral (no dropout, no clipping, greedy). */
export function packScalars(given: Partial<Scalars>): ArrayBuffer {
  const bytes = new ArrayBuffer(SCALARS_BYTES)
  const view = new DataView(bytes)
  const all = { ...NEUTRAL, ...given }
  SCALARS.forEach(([name, type], i) => {
    if (type === 'u32') view.setUint32(i * 4, all[name], true)
    else view.setFloat32(i * 4, all[name], true)
  })
  return bytes
}
