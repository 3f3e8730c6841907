import { f32ToBf16, f32ToF16 } from '../lib/bf16.ts'
import { free } from '../lib/free.ts'
import { GROUP, isBlocked, typeBytes } from '../lib/storage.ts'
import { adapterTensors } from '../model/lora.ts'
import { quantise } from '../model/quantise.ts'
import { elementsOf, projectionsOf, tensorTable } from '../model/tensors.ts'
import { widen } from '../model/weights.ts'
import type { StateTensor } from '../protocol/engine.ts'
import { fail } from '../protocol/errors.ts'
import { lent } from '../protocol/exported.ts'
import type { ModelConfig, TensorInfo, WeightSource, WeightType } from '../protocol/model.ts'
import { type LoraConfig, loraScaling } from '../protocol/run-config.ts'

/** Values made at a time: whole blocks, and a few MB in memory. */
const PIECE = 2 ** 20
/** The largest number that f16 has. */
const LARGEST_F16 = 65_504

/**
 * A base with its adapter folded in, W + scaling · B A, in f32, made as it is read: nothing is held whole. Sums are in f64 and
 * rounded once.
 * @param base under the names of the table of tensors
 * @param lora the adapter under PEFT's names
 */
export function mergedWeights(
  config: ModelConfig,
  base: WeightSource,
  settings: LoraConfig,
  lora: Readonly<Record<string, StateTensor>>,
): WeightSource {
  return wideWeights(config, base, changesOf(config, settings, lora))
}

/** A base in f32, made as it is read. @param changes what is added to a matrix, by its name */
export function wideWeights(
  config: ModelConfig,
  base: WeightSource,
  changes: ReadonlyMap<string, Change> = new Map(),
): WeightSource {
  const tensors = new Map<string, TensorInfo>(
    tensorTable(config).map(({ name, shape }) => [name, { dtype: 'F32', shape: [...shape] }]),
  )
  return {
    tensors,
    async read(name, start, end, signal, into) {
      const [from, to] = [start / 4, end / 4]
      const { dtype } = base.tensors.get(name)!
      // Rows hold whole blocks, two by two; what is asked for may lie inside of one.
      const unit = isBlocked(dtype) ? 2 * GROUP : 1
      const [first, last] = [Math.floor(from / unit) * unit, Math.ceil(to / unit) * unit]
      const own = new Uint8Array(typeBytes(dtype, last - first))
      const stored = await base.read(name, typeBytes(dtype, first), typeBytes(dtype, last), signal, own)
      const values = widen(stored, dtype, roomFor(last - first, into)).subarray(from - first, to - first)
      free(own)
      changes.get(name)?.(values, from)
      return new Uint8Array(values.buffer, values.byteOffset, values.byteLength)
    },
  }
}

/** Values in memory that was given, where they find room in it. */
function roomFor(values: number, into: Uint8Array<ArrayBuffer> | undefined): Float32Array<ArrayBuffer> {
  return into && into.byteOffset % 4 === 0 && into.byteLength >= 4 * values
    ? new Float32Array(into.buffer, into.byteOffset, values)
    : new Float32Array(values)
}

/** Adds what was learnt to values of a matrix from element `from` on. */
type Change = (values: Float32Array, from: number) => void

function changesOf(
  config: ModelConfig,
  settings: LoraConfig,
  lora: Readonly<Record<string, StateTensor>>,
): ReadonlyMap<string, Change> {
  const matrices = new Map(
    adapterTensors(config, settings).map(({ name, layer, projection, matrix, shape }) => {
      const found = lora[name]
      if (!found || found.data.length !== shape[0] * shape[1])
        fail(
          'missing_tensor',
          `The adapter holds no tensor ${name} [${shape}].`,
          'Export another checkpoint.',
          {
            tensor: name,
          },
        )
      return [`${layer}.${projection}.${matrix}`, found.data]
    }),
  )
  const scaling = loraScaling(settings)
  const changes = new Map<string, Change>()
  for (const { name, layer, role, shape } of projectionsOf(config)) {
    const [a, b] = [matrices.get(`${layer}.${role}.A`), matrices.get(`${layer}.${role}.B`)]
    if (a && b) changes.set(name, changeOf(a, b, settings.r, shape[1], scaling))
  }
  return changes
}

function changeOf(a: Float32Array, b: Float32Array, rank: number, width: number, scaling: number): Change {
  const sums = new Float64Array(width)
  return (values, from) => {
    for (let at = 0; at < values.length; ) {
      const row = Math.floor((from + at) / width)
      const first = from + at - row * width
      const count = Math.min(width - first, values.length - at)
      sums.fill(0)
      for (let k = 0; k < rank; k++) {
        const factor = b[row * rank + k]!
        if (factor === 0) continue
        const own = k * width + first
        for (let i = 0; i < count; i++) sums[i]! += factor * a[own + i]!
      }
      for (let i = 0; i < count; i++) values[at + i] = values[at + i]! + scaling * sums[i]!
      at += count
    }
  }
}

/**
 * A tensor's values as another type, a piece at a time.
 * @param offset added to each value, in f32
 * @throws LapidaryError `unsupported_format` where one is too large for f16, `bad_file` where one is no number
 */
export async function* encodedTensor(
  source: WeightSource,
  name: string,
  as: WeightType,
  { offset = 0, signal }: { offset?: number; signal?: AbortSignal | undefined } = {},
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const { dtype, shape } = source.tensors.get(name)!
  const count = elementsOf({ shape: shape as [number, number] })
  // The same for every piece: what only passes through is many times the file.
  const into = new Uint8Array(typeBytes(dtype, Math.min(count, PIECE)))
  try {
    for (let from = 0; from < count; from += PIECE) {
      signal?.throwIfAborted()
      const to = Math.min(count, from + PIECE)
      const read = await source.read(name, typeBytes(dtype, from), typeBytes(dtype, to), signal, into)
      const values = widen(read, dtype)
      if (offset !== 0) for (let i = 0; i < values.length; i++) values[i]! += offset
      const made = encoded(values, as, name)
      if (made.buffer !== values.buffer) free(values)
      yield lent(made, () => free(made))
    }
  } finally {
    free(into)
  }
}

function encoded(values: Float32Array<ArrayBuffer>, as: WeightType, name: string): Uint8Array<ArrayBuffer> {
  let largest = 0
  for (const value of values) {
    const size = Math.abs(value)
    if (!(size <= largest)) largest = size
  }
  if (!Number.isFinite(largest))
    fail('bad_file', `${name} holds values that are not finite numbers.`, 'Export another checkpoint.', {
      tensor: name,
    })
  if (as === 'F16' && largest > LARGEST_F16)
    fail(
      'unsupported_format',
      `${name} holds ${largest.toPrecision(4)}, which is more than f16 has.`,
      'Export in bf16 or f32.',
      { tensor: name, found: largest },
    )
  if (isBlocked(as)) {
    const out = new Uint8Array(typeBytes(as, values.length))
    quantise(as, values, out)
    return out
  }
  return new Uint8Array((as === 'F32' ? values : as === 'BF16' ? f32ToBf16(values) : f32ToF16(values)).buffer)
}
