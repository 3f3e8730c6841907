/**
 * Counts submits and the time JavaScript spends between making a command encoder and having submitted it: the host's
 * whole share of a replay, since nothing is awaited in between.
 */
export class HostClock {
  submits = 0
  seconds = 0
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
      this.submits++
      this.seconds += (performance.now() - this.#began) / 1000
    }
  }

  reset(): void {
    this.submits = 0
    this.seconds = 0
  }

  /** Gives the device its own methods back. */
  dispose(): void {
    const own = this.#device as Partial<GPUDevice>
    const queue = this.#device.queue as Partial<GPUQueue>
    delete own.createCommandEncoder
    delete queue.submit
  }
}
