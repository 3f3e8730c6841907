import type { Gpu } from '../gpu/device.ts'

/** A few small buffers that results are copied into and read late, so that the device never waits for the host. */
export class Readbacks {
  readonly #gpu: Gpu
  readonly #bytes: number
  readonly #free: GPUBuffer[] = []
  readonly #all: GPUBuffer[] = []

  constructor(gpu: Gpu, bytes: number) {
    this.#gpu = gpu
    this.#bytes = bytes
  }

  /** Queues a copy now; settles with the bytes when the device has got there. */
  read(from: GPUBuffer, bytes = this.#bytes, offset = 0): Promise<ArrayBuffer> {
    const { device, lost } = this.#gpu
    const staging = this.#free.pop() ?? this.#make()
    const encoder = device.createCommandEncoder()
    encoder.copyBufferToBuffer(from, offset, staging, 0, bytes)
    device.queue.submit([encoder.finish()])
    const read = Promise.race([staging.mapAsync(GPUMapMode.READ, 0, bytes), lost]).then(() => {
      const copy = staging.getMappedRange(0, bytes).slice(0)
      staging.unmap()
      this.#free.push(staging)
      return copy
    })
    // Met where it is awaited: work that is given up before that, as where the device is lost, must not leave it unhandled.
    read.catch(() => {})
    return read
  }

  dispose(): void {
    for (const buffer of this.#all) this.#gpu.destroyBuffer(buffer)
  }

  #make(): GPUBuffer {
    const usage = GPUBufferUsage.MAP_READ | GPUBufferUsage.COPY_DST
    const buffer = this.#gpu.createBuffer('read-back', this.#bytes, usage)
    this.#all.push(buffer)
    return buffer
  }
}
