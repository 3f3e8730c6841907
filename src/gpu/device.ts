import { type Failure, LapidaryError } from '../protocol/errors.ts'

/** Limits worth having more of than WebGPU's defaults; the adapter's own maximum is asked for. */
const WANTED_LIMITS = [
  'maxStorageBufferBindingSize',
  'maxBufferSize',
  'maxStorageBuffersPerShaderStage',
  'maxComputeWorkgroupStorageSize',
  'maxComputeInvocationsPerWorkgroup',
  'maxComputeWorkgroupSizeX',
] as const

/**
 * Of AMD's cards before RDNA a group of more than 256 invocations leaves each too few registers: the kernels that are that wide keep
 * some of theirs in memory there. They run within WebGPU's own limit instead.
 */
const NARROW = /\bgcn\b/
const GROUP_LIMITS: readonly string[] = ['maxComputeInvocationsPerWorkgroup', 'maxComputeWorkgroupSizeX']

const WANTED_FEATURES: GPUFeatureName[] = ['shader-f16', 'subgroups', 'timestamp-query']

export interface GpuOptions {
  /** Where WebGPU lives: `navigator.gpu`, or Dawn's object in Node. */
  gpu?: GPU | undefined
  /** Ask for nothing beyond WebGPU's defaults, so that the code is seen to run on them. */
  defaultLimits?: boolean
}

/** A device with what is counted and known about it. Nothing in the engine reaches for more than this. */
export interface Gpu {
  device: GPUDevice
  /** Vendor, architecture, device, description, joined. */
  description: string
  software: boolean
  features: ReadonlySet<string>
  limits: GPUSupportedLimits
  /** Bytes of live buffers made through `createBuffer`. */
  readonly liveBytes: number
  createBuffer(label: string, bytes: number, usage: GPUBufferUsageFlags): GPUBuffer
  destroyBuffer(buffer: GPUBuffer): void
  /** Rejects with `device_lost` when the device goes; never resolves. */
  lost: Promise<never>
  /** Set once the device is gone, or has refused something that nobody asked about: what is read after that is worth nothing. */
  readonly failure: LapidaryError | null
  destroy(): void
}

export async function openGpu(options: GpuOptions = {}): Promise<Gpu> {
  const gpu = options.gpu ?? (globalThis.navigator as Navigator | undefined)?.gpu
  const adapter = await answered(gpu?.requestAdapter({ powerPreference: 'high-performance' }))
  if (!adapter) throw new LapidaryError(noAdapter(Boolean(gpu)))
  const requiredFeatures = options.defaultLimits ? [] : WANTED_FEATURES.filter((f) => adapter.features.has(f))
  const requiredLimits: Record<string, number> = {}
  const narrow = NARROW.test(adapter.info.architecture)
  if (!options.defaultLimits)
    for (const name of WANTED_LIMITS)
      if (!(narrow && GROUP_LIMITS.includes(name))) requiredLimits[name] = adapter.limits[name]
  const device = await answered(adapter.requestDevice({ requiredFeatures, requiredLimits }))
  return wrapDevice(device, adapter.info)
}

/** After its graphics process has crashed a browser may refuse to be asked, in words of its own ("A valid external Instance reference no longer exists."). */
async function answered<Asked extends Promise<unknown> | undefined>(asked: Asked): Promise<Awaited<Asked>> {
  try {
    return await asked
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error)
    throw new LapidaryError({
      code: 'missing_device',
      message: `The browser gives no graphics device any more: ${why}`,
      hint: 'Start the browser anew, or choose the portable engine on the Model page.',
    })
  }
}

/** The same over a device that is already there. */
export function wrapDevice(device: GPUDevice, info: GPUAdapterInfo = device.adapterInfo): Gpu {
  const parts = [info.vendor, info.architecture, info.device, info.description].filter(Boolean)
  const description = [...new Set(parts)].join(' ') || 'unnamed adapter'
  let live = 0
  let failure: LapidaryError | null = null
  const lost = device.lost.then((why): never => {
    failure = new LapidaryError({
      code: 'device_lost',
      message: `The graphics device was lost (${why.reason}${why.message ? `: ${why.message}` : ''}).`,
      hint: 'Try again. If it comes again, choose the portable engine on the Model page.',
    })
    throw failure
  })
  lost.catch(() => {})
  device.addEventListener?.('uncapturederror', ({ error }) => {
    failure ??= refused(error)
  })
  return {
    device,
    description,
    software: isSoftware(info, description),
    features: device.features as ReadonlySet<string>,
    limits: device.limits,
    get liveBytes() {
      return live
    },
    createBuffer(label, bytes, usage) {
      const buffer = device.createBuffer({ label, size: Math.max(16, Math.ceil(bytes / 16) * 16), usage })
      live += buffer.size
      return buffer
    },
    destroyBuffer(buffer) {
      live -= buffer.size
      buffer.destroy()
    },
    lost,
    get failure() {
      return failure
    },
    destroy: () => device.destroy(),
  }
}

/**
 * A submit or a buffer that a device refuses outside any error scope computes nothing, throws nothing, and leaves what was there to be
 * read: a step would go on with the figures of the one before.
 */
function refused(error: GPUError): LapidaryError {
  const outOfMemory = error.constructor.name === 'GPUOutOfMemoryError'
  return new LapidaryError({
    code: outOfMemory ? 'out_of_memory' : 'internal',
    message: `The graphics device refused part of the work: ${error.message}`,
    hint: outOfMemory
      ? 'Close other tabs and programs, or lower max_length or the batch size, and try again.'
      : 'Try again. If it comes again, choose the portable engine on the Model page, and please report it with the text above.',
  })
}

/** Windows' own is WARP; before browsers told of fallback adapters, its name was all there was. */
function isSoftware(info: GPUAdapterInfo, description: string): boolean {
  if ((info as { isFallbackAdapter?: boolean }).isFallbackAdapter) return true
  return /swiftshader|llvmpipe|lavapipe|basic render|software|\bwarp\b/i.test(description)
}

function noAdapter(hasApi: boolean): Failure {
  if (hasApi)
    return {
      code: 'missing_device',
      message: 'This browser has WebGPU, but offers no graphics adapter for it.',
      hint: 'Update the graphics driver, or switch on hardware acceleration in the browser settings.',
    }
  if (globalThis.isSecureContext === false)
    return {
      code: 'missing_device',
      message: 'WebGPU is switched off because this page was not opened over https or from localhost.',
      hint: 'Open the page over https, or from localhost on this machine.',
    }
  return {
    code: 'missing_device',
    message: 'This browser has no WebGPU.',
    hint: 'Use a current Chrome, Edge, Safari or Firefox.',
  }
}

/** Runs `make` and turns an allocation that does not fit into `out_of_memory`. Not to be run twice at a time. */
export async function withinMemory<T>(gpu: Gpu, what: string, make: () => Promise<T>): Promise<T> {
  const { device } = gpu
  device.pushErrorScope('out-of-memory')
  device.pushErrorScope('validation')
  let made: T | undefined
  let thrown: unknown
  try {
    made = await make()
  } catch (error) {
    thrown = error
  }
  const invalid = await device.popErrorScope()
  const full = await device.popErrorScope()
  if (full)
    throw new LapidaryError({
      code: 'out_of_memory',
      message: `The graphics device has no room for ${what}.`,
      hint: 'Lower max_length, the batch size or the LoRA rank, or choose whole-layer recomputation; close other tabs.',
    })
  if (thrown) throw thrown
  if (invalid)
    throw new LapidaryError({
      code: 'internal',
      message: `The graphics device refused ${what}: ${invalid.message}`,
      hint: 'This is a fault of ours; please report it with the text above.',
    })
  return made as T
}
