/** What a worker is asked to measure. */
export interface DecodingRequest {
  /** Names and addresses of a model's files. */
  files: [string, string][]
  storage: 'bf16' | 'int8' | 'int4'
  threads: number
  /** Of `portable.products`; null: what is chosen. */
  products: string | null
  prompt: number
  tokens: number
  rounds: number
  /** Tokens of a step to be trained; 0: none. */
  train: number
  wasmPaths: Record<string, string>
}

/** Tokens a second of each round. */
export interface DecodingResult {
  device: string
  choices: Record<string, string>
  liveBytes: number
  /** Seconds. */
  opening: number
  reading: number[]
  decoding: number[]
  training: number[]
  said: number[]
}
