import type { Batch } from './batch.ts'
import type { ModelConfig, ModelSource, StoredTypes } from './model.ts'
import type { LoraConfig } from './run-config.ts'

/** An engine trains and runs one model with one adapter. Everything above it sees only this. */
export interface Engine {
  readonly kind: EngineKind
  /** Exact, without weights and without touching a device. */
  plan(request: PlanRequest): MemoryPlan
  load(model: ModelSource, request: PlanRequest, options?: LoadOptions): Promise<void>
  /**
   * One optimizer step over the micro-batches of an accumulated batch. Returns as soon as the work is queued: the
   * promise settles when the figures arrive, so a caller may keep two steps in flight, or `stepsInFlight`. Non-finite steps leave weights
   * and moments untouched and report `finite: false`. `signal` gives the step up, weights and moments as they were.
   */
  step(
    batches: Batch[],
    scalars: StepScalars,
    signal?: AbortSignal,
    onProgress?: StepProgress,
  ): Promise<StepResult>
  /** Steps worth queueing at once, by what is known after the last one; 2 where it is not said. More where a browser looks for finished work only now and then. */
  readonly stepsInFlight?: number
  /** Log-probability and arg-max hit of each supervised row, in row order. No dropout. */
  score(batch: Batch, options?: AdapterOption, signal?: AbortSignal): Promise<Score>
  /**
   * How likely each of several continuations of one prompt is, from one pass over the prompt: no token and no row of the head is computed twice.
   * A continuation holds whatever ends it (end of turn): without that, one that begins another would always be the likelier.
   * What the plan has no room for at once (maxTokens: the prompt, and beginnings that continuations share) is computed in
   * several passes over the prompt's kept keys and values.
   * @throws LapidaryError `bad_data` for an empty prompt or choice, a token outside the vocabulary, and a prompt that with a choice
   * passes maxTokens
   */
  scoreChoices(
    prompt: Uint32Array,
    choices: readonly Uint32Array[],
    options?: AdapterOption,
    signal?: AbortSignal,
  ): Promise<ChoiceScores>
  /** Streams tokens of several prompts decoded side by side. */
  generate(
    prompts: Uint32Array[],
    options: GenerateOptions,
    signal?: AbortSignal,
  ): AsyncIterable<GeneratedToken>
  /**
   * One LoRA matrix by PEFT's name, and its gradient of the last step, before clipping. In the order of the calls, as everything is: asked
   * for before a step is queued, it is as it was before that.
   */
  matrix(name: string): Promise<MatrixState>
  saveState(signal?: AbortSignal): Promise<EngineState>
  loadState(state: EngineState, signal?: AbortSignal): Promise<void>
  /** Facts worth recording with a run: adapter, driver, numeric choices, measured speed. */
  describe(): EngineDescription
  dispose(): void
}

export type EngineKind = 'webgpu' | 'portable'
/** auto: WebGPU where there is a GPU that passes the check of its operations, else the portable engine. */
export type EngineChoice = EngineKind | 'auto'
/** What TensorFlow.js runs on. */
export type PortableBackend = 'wasm' | 'webgpu' | 'cpu'
/**
 * auto: WebAssembly, then plain JavaScript; WebGPU first where there is a GPU, but kernels of our own are wrong on it and
 * TensorFlow.js' are right.
 */
export type PortableBackendChoice = PortableBackend | 'auto'

export interface PlanRequest {
  model: ModelConfig
  /** Of the base weights, where they are at hand; without it all count as BF16. A load goes by the weights themselves. */
  stored?: StoredTypes
  lora: LoraConfig
  /** Most tokens T in one batch (max_length x per_device_train_batch_size). */
  maxTokens: number
  /** Most supervised rows N in one batch. */
  maxSupervised: number
  /** What the backward pass recomputes instead of keeping; `auto` picks the least recomputation within the budget. */
  recompute: Recompute | 'auto'
  /** Bytes the plan may take in all; only `auto` reads it. */
  memoryBudget?: number
  /** Decoding: most prompts side by side, and most positions of each. Null plans no decoding. */
  decode: { sequences: number; positions: number } | null
}

/** nothing: keep every activation; cheap: recompute norms, RoPE, GeGLU; layer: keep only each layer's input. */
export type Recompute = 'nothing' | 'cheap' | 'layer'

export interface MemoryPlan {
  bytes: {
    weights: number
    /** LoRA weights, gradients, both moments. */
    adapter: number
    activations: number
    decode: number
    /** Tokens, uniforms, read-back. */
    io: number
    total: number
  }
  recompute: Recompute
  /** Of one training step over maxTokens, forward and backward with recomputation. */
  flopsPerStep: number
}

export interface LoadOptions {
  onProgress?: (progress: number, note: string) => void
  signal?: AbortSignal
  /** Numeric choices of an earlier run (kernel variants, tiles, splits), by key; these win over measurement. */
  choices?: Record<string, string>
  /** Seed of PEFT's initialisation. */
  seed: number
}

export interface StepScalars {
  /** Optimizer step, 1-based; Adam's bias correction and dropout's counter. */
  step: number
  seed: number
  learningRate: number
  beta1: number
  beta2: number
  epsilon: number
  weightDecay: number
  /** Gradients are scaled so that their global norm is at most this; 0 switches clipping off. */
  maxGradNorm: number
}

/** Hears how much of a step is done, 0..1, some times while it takes long. */
export type StepProgress = (share: number) => void

export interface StepResult {
  /** Mean over all supervised tokens of all micro-batches, nats. */
  loss: number
  mean_token_accuracy: number
  grad_norm: number
  /** Tokens processed (supervised or not, padding excluded). */
  tokens: number
  /** By micro-batch: [its supervised rows] natural log of each label's probability, as the loss was made of. */
  logProbability: Float32Array[]
  finite: boolean
}

export interface AdapterOption {
  /** Whether the adapter takes part; default on. */
  adapter?: 'on' | 'off'
}

export interface Score {
  /** [N] natural log of the label's probability. */
  logProbability: Float32Array
  /** [N] 1 where the label is the arg-max. */
  hit: Uint8Array
}

export interface ChoiceScores {
  /** By choice: [its tokens] natural log of each token's probability given the prompt and those before it. */
  logProbability: Float32Array[]
  /** Tokens run through the layers: the prompt's, and the distinct beginnings of choices but for whole ones. */
  tokens: number
  /** Rows of the head: the prompt's last, and one for each of those beginnings. */
  rows: number
}

export interface GenerateOptions extends AdapterOption {
  maxNewTokens: number
  /** 0 is greedy. */
  temperature: number
  /** 0 is off. */
  topK: number
  /** 1 is off. */
  topP: number
  seed: number
  stopTokens: number[]
}

export interface GeneratedToken {
  prompt: number
  token: number
  /** Set on the last token of its prompt: a stop token was drawn (it is that token), or room ran out. */
  finish?: 'stop' | 'length'
}

/** Adapter and optimizer, interchangeable between engines. Keys are PEFT's parameter names without a prefix. */
export interface EngineState {
  lora: Record<string, StateTensor>
  adamM: Record<string, StateTensor>
  adamV: Record<string, StateTensor>
}

export interface StateTensor {
  shape: number[]
  data: Float32Array
}

export interface MatrixState {
  shape: number[]
  value: Float32Array
  gradient: Float32Array
}

export interface EngineDescription {
  kind: EngineKind
  /** Of the portable engine. */
  backend?: PortableBackend
  /** That may compute, where the engine runs on the processor's. */
  threads?: number
  /** Adapter, driver, backend in words. */
  device: string
  /** Whether the adapter is software. */
  software: boolean
  /** Numeric choices that are in use, by key: what was given to `load` and is not among them no longer exists. */
  choices: Record<string, string>
  /** Live bytes: on the device, counted at allocation; of the portable engine what it has taken of the process, and keeps. */
  liveBytes: number
  /** Kernels that were found unfit on this device while choosing, and why; none: absent. */
  leftOut?: Record<string, string>
  /** Bytes of device memory that were found to work at full pace, and that the plan takes, where it had wanted more. */
  crowded?: { room: number; plan: number }
}
