import type { Gpu } from '../gpu/device.ts'
import type { Place } from '../gpu/program.ts'
import { boundTensor, type Tensor } from '../gpu/tape.ts'
import type { ParameterChunk } from '../kernels/adamw.ts'
import { type AdapterTensor, adapterTensors } from '../model/lora.ts'
import type { EngineState, MatrixState, StateTensor } from '../protocol/engine.ts'
import { fail } from '../protocol/errors.ts'
import type { ModelConfig } from '../protocol/model.ts'
import type { LoraConfig } from '../protocol/run-config.ts'

/** One LoRA matrix: its value and its gradient as arrays, and where they lie in the flat chunk. */
export interface LoraMatrix extends AdapterTensor {
  value: Tensor
  gradient: Tensor
  chunk: number
  /** In floats. */
  offset: number
}

/** The matrices of one projection. */
export interface LoraMatrices {
  a: LoraMatrix
  b: LoraMatrix
}

/**
 * All trainable weights as a few flat chunks (one, unless a binding cannot hold it), so that clip and AdamW are a
 * dispatch or two. Each matrix starts at a multiple of 64 floats, which is a legal binding offset everywhere.
 */
export interface AdapterLayout {
  matrices: LoraMatrix[]
  /** The matrices of each projection that has them, by its site. */
  pairs: ReadonlyMap<number, LoraMatrices>
  chunks: ParameterChunk[]
  /** Each Threefry site as u32 [1]: bound, not a constant, so that all layers share their kernels. */
  sites: Map<number, Tensor>
  /** Weights, gradients and both moments, and the sites. */
  bytes: number
}

const ALIGN = 64
/** Bytes between sites: the least offset a binding may have everywhere. */
const SITE_STRIDE = 256

export function layOutAdapter(config: ModelConfig, lora: LoraConfig, maxBinding: number): AdapterLayout {
  const most = Math.floor(maxBinding / 4 / ALIGN) * ALIGN
  const sizes: number[] = []
  const matrices = adapterTensors(config, lora).map((matrix): LoraMatrix => {
    const size = Math.ceil((matrix.shape[0] * matrix.shape[1]) / ALIGN) * ALIGN
    if (sizes.length === 0 || sizes.at(-1)! + size > most) sizes.push(0)
    const chunk = sizes.length - 1
    const offset = sizes[chunk]!
    sizes[chunk] = offset + size
    const value = boundTensor(matrix.name, matrix.shape)
    return { ...matrix, value, gradient: boundTensor(`d ${matrix.name}`, matrix.shape), chunk, offset }
  })
  const chunks = sizes.map((size, i) => {
    const flat = (what: string) => boundTensor(`${what} ${i}`, [size])
    return { size, value: flat('lora'), gradient: flat('gradient'), m: flat('adam m'), v: flat('adam v') }
  })
  const sites = new Map(matrices.map(({ site }) => [site, boundTensor(`site ${site}`, [1], 'u32')]))
  const bytes = sizes.reduce((sum, s) => sum + s * 16, 0) + sites.size * SITE_STRIDE
  const pairs = new Map<number, LoraMatrices>()
  matrices.forEach((a, i) => {
    if (a.matrix === 'A') pairs.set(a.site, { a, b: matrices[i + 1]! })
  })
  return { matrices, pairs, chunks, sites, bytes }
}

type Part = 'value' | 'gradient' | 'm' | 'v'
const PARTS: Part[] = ['value', 'gradient', 'm', 'v']

/** The adapter's buffers. */
export class AdapterStore {
  readonly layout: AdapterLayout
  readonly places = new Map<Tensor, Place>()
  readonly #gpu: Gpu
  readonly #buffers: Record<Part, GPUBuffer>[]
  readonly #sites: GPUBuffer

  constructor(gpu: Gpu, layout: AdapterLayout) {
    this.#gpu = gpu
    this.layout = layout
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST
    this.#buffers = layout.chunks.map((chunk) => {
      const made = {} as Record<Part, GPUBuffer>
      for (const part of PARTS) {
        made[part] = gpu.createBuffer(chunk[part].name, chunk.size * 4, usage)
        this.places.set(chunk[part], { buffer: made[part], offset: 0 })
      }
      return made
    })
    for (const { value, gradient, chunk, offset } of layout.matrices) {
      this.places.set(value, { buffer: this.#buffers[chunk]!.value, offset: offset * 4 })
      this.places.set(gradient, { buffer: this.#buffers[chunk]!.gradient, offset: offset * 4 })
    }
    const { sites } = layout
    this.#sites = gpu.createBuffer('dropout sites', sites.size * SITE_STRIDE, usage)
    const words = new Uint32Array((sites.size * SITE_STRIDE) / 4)
    ;[...sites].forEach(([site, tensor], i) => {
      words[(i * SITE_STRIDE) / 4] = site
      this.places.set(tensor, { buffer: this.#sites, offset: i * SITE_STRIDE })
    })
    gpu.device.queue.writeBuffer(this.#sites, 0, words)
  }

  clearGradients(encoder: GPUCommandEncoder): void {
    for (const { gradient } of this.#buffers) encoder.clearBuffer(gradient)
  }

  /** Queues a whole state. @throws LapidaryError `bad_state` where a tensor is missing or of another shape. */
  write(state: EngineState): void {
    const groups: [Part, Record<string, StateTensor>][] = [
      ['value', state.lora],
      ['m', state.adamM],
      ['v', state.adamV],
    ]
    for (const [, tensors] of groups) this.#check(tensors)
    for (const [part, tensors] of groups)
      for (const { name, chunk, offset } of this.layout.matrices) {
        const data = tensors[name]!.data as Float32Array<ArrayBuffer>
        this.#gpu.device.queue.writeBuffer(this.#buffers[chunk]![part], offset * 4, data)
      }
  }

  async read(): Promise<EngineState> {
    const [lora, adamM, adamV] = await Promise.all([
      this.tensors('value'),
      this.tensors('m'),
      this.tensors('v'),
    ])
    return { lora, adamM, adamV }
  }

  async tensors(part: Part): Promise<Record<string, StateTensor>> {
    const flat = await Promise.all(this.#buffers.map((b) => readFloats(this.#gpu, b[part])))
    return Object.fromEntries(
      this.layout.matrices.map(({ name, shape, chunk, offset }) => {
        const data = flat[chunk]!.slice(offset, offset + shape[0] * shape[1])
        return [name, { shape: [...shape], data }]
      }),
    )
  }

  /** @throws Error where there is none of that name */
  async matrix(name: string): Promise<MatrixState> {
    const { shape, chunk, offset } = this.layout.matrices.find((matrix) => matrix.name === name)!
    const read = (part: Part) =>
      readFloats(this.#gpu, this.#buffers[chunk]![part], shape[0] * shape[1] * 4, offset * 4)
    const [value, gradient] = await Promise.all([read('value'), read('gradient')])
    return { shape: [...shape], value: value!, gradient: gradient! }
  }

  dispose(): void {
    for (const buffers of this.#buffers) for (const part of PARTS) this.#gpu.destroyBuffer(buffers[part])
    this.#gpu.destroyBuffer(this.#sites)
  }

  #check(tensors: Record<string, StateTensor>): void {
    for (const { name, shape } of this.layout.matrices) {
      const found = tensors[name]
      if (found && found.data.length === shape[0] * shape[1]) continue
      fail(
        'bad_state',
        found
          ? `State tensor ${name} has shape [${found.shape}], not [${shape}].`
          : `The state has no tensor ${name}.`,
        'Use a checkpoint made with this model and these LoRA settings.',
        { tensor: name },
      )
    }
  }
}

export async function readFloats(
  gpu: Gpu,
  buffer: GPUBuffer,
  bytes = buffer.size,
  offset = 0,
): Promise<Float32Array<ArrayBuffer>> {
  const staging = gpu.createBuffer('read-back', bytes, GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST)
  try {
    const encoder = gpu.device.createCommandEncoder()
    encoder.copyBufferToBuffer(buffer, offset, staging, 0, bytes)
    gpu.device.queue.submit([encoder.finish()])
    await Promise.race([staging.mapAsync(GPUMapMode.READ), gpu.lost])
    return new Float32Array(staging.getMappedRange(0, bytes).slice(0))
  } finally {
    gpu.destroyBuffer(staging)
  }
}
