/**
 * Counts submits and the time JavaScript spends between making a command encoder and having submitted it: the host's
 * whole share of a replay, since nothing is awaited in between.
 */
export class HostClock {
  /** Seconds for each submit. */
  readonly #spans: number[] = []
  readonly #device: GPUDevice
  #began = 0

  constructor(device: GPUDevice) {
    this.#device = device
    const { queue } = device
    const makeEncoder = device.createCommandEncoder.bind(device)
    const submit = queue.submit.bind(queue)
    device.createCommandEncoder = (descriptor) => {
      this.#began = performance.now()
      return makeEncoder(descriptor)
    }
    queue.submit = (buffers) => {
      submit(buffers)
      this.#spans.push((performance.now() - this.#began) / 1000)
    }
  }

  get submits(): number {
    return this.#spans.length
  }

  /** All seconds; the slowest tenth counts as the rest does, for there the system had taken the processor away. */
  get seconds(): number {
    const counted = this.#spans.toSorted((a, b) => a - b).slice(0, Math.ceil(this.#spans.length * 0.9))
    return (counted.reduce((a, b) => a + b, 0) / Math.max(1, counted.length)) * this.#spans.length
  }

  reset(): void {
    this.#spans.length = 0
  }

  /** Gives the device its own methods back. */
  dispose(): void {
    const own = this.#device as Partial<GPUDevice>
    const queue = this.#device.queue as Partial<GPUQueue>
    delete own.createCommandEncoder
    delete queue.submit
  }
}
