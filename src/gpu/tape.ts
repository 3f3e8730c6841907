import { type Dim, type Dims, elementWidth, type Kernel, sameSize } from './kernel.ts'
import { type Choice, kernelOf, type Variant } from './specialise.ts'

export type ScalarType = 'f32' | 'u32' | 'i32'

/** An array in a plan. Transient ones live between their first and last dispatch; bound ones are given a buffer. */
export interface Tensor {
  readonly name: string
  readonly shape: readonly Dim[]
  readonly type: ScalarType
  readonly bound: boolean
}

/** An array with a buffer of its own (weights, adapter, inputs); any number of tapes may use it. */
export function boundTensor(name: string, shape: readonly Dim[], type: ScalarType = 'f32'): Tensor {
  return { name, shape, type, bound: true }
}

export interface Dispatch {
  kernel: Kernel
  tensors: Record<string, Tensor>
}

/** How much of a scope's forward pass is computed again for the backward pass instead of being kept. */
export type KeepPolicy = 'everything' | 'costly' | 'nothing'

export interface RunOptions {
  /** Cheap to compute again: with the policy `costly` its outputs are not kept. */
  cheap?: boolean
}

interface Vjp {
  outputs: Tensor[]
  backward: (grads: Tensor[]) => void
}

interface Origin {
  dispatches: { dispatch: Dispatch; cheap: boolean }[]
  policy: KeepPolicy
  read: boolean
}

/**
 * Writes a computation down as a flat list of dispatches, and differentiates it while doing so.
 *
 * An operation is a function that makes its output tensors, calls `run` for its forward kernels and `vjp` to say how
 * gradients flow back. `backward` walks those in reverse. While it does, a `run` that reads a forward tensor which the
 * policy did not keep first writes that tensor's own dispatches down again: recomputation needs nothing of operations.
 */
export class Tape {
  readonly dispatches: Dispatch[] = []
  /** Variants that operations asked to choose between, by key; `choices` decides, else the first one. */
  readonly asked = new Map<string, Record<string, Variant>>()
  readonly choices: Readonly<Record<string, string>>
  /** What was taken, by key. */
  readonly chosen: Record<string, string> = {}
  /** Largest sizes a replay may bring: what operations size their scratch and choose their variants by. */
  readonly capacity: Dims
  #policy: KeepPolicy = 'everything'
  #phase: 'forward' | 'backward' = 'forward'
  readonly #vjps: Vjp[] = []
  readonly #origins = new Map<Tensor, Origin>()
  readonly #kept = new Set<Tensor>()
  readonly #twins = new Map<Tensor, Tensor>()
  readonly #replayed = new Set<Dispatch>()
  readonly #needsGrad = new Set<Tensor>()
  readonly #grads = new Map<Tensor, Tensor>()
  /** Gradients that already hold something, so that the next contribution is added. */
  readonly #begun = new Set<Tensor>()

  constructor(
    choices: Readonly<Record<string, string>> = {},
    capacity: Dims = { tokens: 512, supervised: 512, sequences: 1 },
  ) {
    this.choices = choices
    this.capacity = capacity
  }

  /** A transient array. */
  tensor(name: string, shape: readonly Dim[], type: ScalarType = 'f32'): Tensor {
    return { name, shape, type, bound: false }
  }

  /** An array whose buffer the caller gives when the plan is made. */
  input(name: string, shape: readonly Dim[], type: ScalarType = 'f32'): Tensor {
    return boundTensor(name, shape, type)
  }

  /** A trainable array: contributions are always added to `grad` (which the caller clears once a step). */
  parameter(value: Tensor, grad: Tensor): void {
    this.#needsGrad.add(value)
    this.#grads.set(value, grad)
    this.#begun.add(value)
  }

  needsGrad(t: Tensor): boolean {
    return this.#needsGrad.has(t)
  }

  /** Makes gradients flow into a tensor that no operation made (tests, embeddings). */
  requireGrad(t: Tensor): void {
    this.#needsGrad.add(t)
  }

  /** Writes one dispatch down. Every binding of the kernel must be given a tensor of its type and size. */
  run(kernel: Kernel, tensors: Record<string, Tensor>, options: RunOptions = {}): void {
    const bound: Record<string, Tensor> = {}
    for (const name in kernel.bindings) {
      const binding = kernel.bindings[name]!
      const t = tensors[name]
      if (!t) throw new Error(`${kernel.name}: binding ${name} has no tensor`)
      if (!sameSize(t.shape, binding.shape))
        throw new Error(`${kernel.name}: ${name} is [${binding.shape}], but ${t.name} is [${t.shape}]`)
      if (!binding.type.includes(t.type))
        throw new Error(`${kernel.name}: ${name} holds ${binding.type}, but ${t.name} holds ${t.type}`)
      const last = t.shape.at(-1)
      if (typeof last === 'number' && last % elementWidth(binding.type) !== 0 && t.shape.length > 1)
        throw new Error(`${kernel.name}: rows of ${t.name} [${t.shape}] are no multiple of ${binding.type}`)
      bound[name] = binding.access === 'read' ? this.#reading(t) : t
    }
    for (const name in tensors)
      if (!(name in kernel.bindings)) throw new Error(`${kernel.name} has no binding ${name}`)
    const dispatch = { kernel, tensors: bound }
    if (this.#phase === 'forward') this.#remember(dispatch, options.cheap ?? false)
    this.dispatches.push(dispatch)
  }

  /**
   * Says how gradients of `outputs` flow to `inputs`. Not called back unless some input needs a gradient. `backward` is
   * given the outputs' gradients; it calls `grad(input)` for each input it serves.
   */
  vjp(inputs: readonly Tensor[], outputs: Tensor[], backward: (grads: Tensor[]) => void): void {
    if (!inputs.some((t) => this.#needsGrad.has(t))) return
    for (const t of outputs) this.#needsGrad.add(t)
    this.#vjps.push({ outputs, backward })
  }

  /**
   * Where to put the next contribution to the gradient of `t`: `add` says whether it is added to what is there or
   * overwrites it. Null where `t` needs no gradient. To be followed at once by the `run` that writes it.
   */
  grad(t: Tensor): { tensor: Tensor; add: boolean } | null {
    if (!this.#needsGrad.has(t)) return null
    let tensor = this.#grads.get(t)
    if (!tensor) {
      tensor = this.tensor(`d ${t.name}`, t.shape)
      this.#grads.set(t, tensor)
    }
    const add = this.#begun.has(t)
    this.#begun.add(t)
    return { tensor, add }
  }

  /** Gives the gradient of `t` from outside: the next contribution is added to it. */
  seed(t: Tensor, grad: Tensor): void {
    this.#needsGrad.add(t)
    this.#grads.set(t, grad)
    this.#begun.add(t)
  }

  /**
   * Lets the gradient of an output become that of an input of the same shape, where their values are the same (a sum's
   * terms) and nothing has reached the input yet. To be called from the output's own `backward`, which is the last to
   * see that gradient as the output's. False where it has to be added instead.
   */
  adopt(t: Tensor, grad: Tensor): boolean {
    if (!this.#needsGrad.has(t)) return true
    if (grad.bound || this.#grads.has(t)) return false
    this.#grads.set(t, grad)
    this.#begun.add(t)
    return true
  }

  /** Runs `body` with another keep policy; scopes do not nest. */
  scope<T>(policy: KeepPolicy, body: () => T): T {
    const before = this.#policy
    this.#policy = policy
    try {
      return body()
    } finally {
      this.#policy = before
    }
  }

  /** Keeps a tensor for the backward pass whatever the policy (the residual stream between layers). */
  keep(t: Tensor): Tensor {
    this.#kept.add(t)
    return t
  }

  /** Writes the backward pass down. Outputs nobody gave a gradient to are skipped. */
  backward(): void {
    this.#phase = 'backward'
    for (const { outputs, backward } of this.#vjps.reverse()) {
      if (!outputs.some((t) => this.#begun.has(t))) continue
      const grads = outputs.map((t) => {
        const grad = this.#grads.get(t)
        if (!grad || !this.#begun.has(t)) throw new Error(`no gradient reached ${t.name}`)
        return grad
      })
      backward(grads)
    }
    this.#vjps.length = 0
  }

  /** One of several kernels with the same bindings: the recorded choice, else the first. */
  choose({ key, variants }: Choice): Kernel {
    this.asked.set(key, variants)
    const named = this.choices[key]
    const name = named !== undefined && Object.hasOwn(variants, named) ? named : firstOf(variants)
    if (name === undefined) throw new Error(`no variant for ${key}`)
    this.chosen[key] = name
    return kernelOf(variants[name]!)
  }

  /**
   * Choices that were given and not taken: no operation asked for the key, or it has no such variant. A choice passed over in
   * silence is a kernel that nobody checked, measured or recorded.
   */
  lost(): Record<string, string> {
    return Object.fromEntries(Object.entries(this.choices).filter(([key, name]) => this.chosen[key] !== name))
  }

  /** Every kernel that it runs or may choose. */
  kernels(): Set<Kernel> {
    const asked = [...this.asked.values()].flatMap((variants) => Object.values(variants).map(kernelOf))
    return new Set([...this.dispatches.map(({ kernel }) => kernel), ...asked])
  }

  #remember(dispatch: Dispatch, cheap: boolean): void {
    for (const name in dispatch.kernel.bindings) {
      const binding = dispatch.kernel.bindings[name]!
      const t = dispatch.tensors[name]!
      if (t.bound) continue
      const origin = this.#origins.get(t)
      if (binding.access === 'read') {
        if (!origin) throw new Error(`${dispatch.kernel.name} reads ${t.name} before anything wrote it`)
        origin.read = true
      } else if (origin) {
        if (origin.read) throw new Error(`${dispatch.kernel.name} changes ${t.name} after it was read`)
        origin.dispatches.push({ dispatch, cheap })
      } else {
        if (binding.access === 'update')
          throw new Error(`${dispatch.kernel.name} adds to ${t.name}, which is empty`)
        this.#origins.set(t, { dispatches: [{ dispatch, cheap }], policy: this.#policy, read: false })
      }
    }
  }

  /** The tensor to read for `t`: itself, or in the backward pass its recomputed twin. */
  #reading(t: Tensor): Tensor {
    if (this.#phase === 'forward' || t.bound) return t
    const origin = this.#origins.get(t)
    if (!origin || this.#isKept(t, origin)) return t
    for (const { dispatch } of origin.dispatches) this.#replay(dispatch)
    return this.#twin(t)
  }

  #isKept(t: Tensor, origin: Origin): boolean {
    if (this.#kept.has(t) || origin.policy === 'everything') return true
    return origin.policy === 'costly' && !origin.dispatches.every((d) => d.cheap)
  }

  /** Writes a forward dispatch down a second time, once, over twins of its tensors. */
  #replay(dispatch: Dispatch): void {
    if (this.#replayed.has(dispatch)) return
    this.#replayed.add(dispatch)
    const tensors: Record<string, Tensor> = {}
    for (const name in dispatch.kernel.bindings) {
      const binding = dispatch.kernel.bindings[name]!
      const t = dispatch.tensors[name]!
      tensors[name] = binding.access === 'read' ? this.#reading(t) : this.#twin(t)
    }
    this.dispatches.push({ kernel: dispatch.kernel, tensors })
  }

  #twin(t: Tensor): Tensor {
    if (t.bound) return t
    let twin = this.#twins.get(t)
    if (!twin) {
      twin = this.tensor(`${t.name} again`, t.shape, t.type)
      this.#twins.set(t, twin)
    }
    return twin
  }
}

function firstOf(record: Record<string, unknown>): string | undefined {
  for (const name in record) return name
  return undefined
}
