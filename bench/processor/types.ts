import type { BenchEnvironment } from '../types.ts'

/** What is measured of a contender; tokens a second. */
export type Figure = 'decoding' | 'reading' | 'training'

/** Figures of one round. */
export type Round = Partial<Record<Figure, number>>

/** An implementation that is asked for a round when its turn comes. */
export interface Contender {
  /** With its version and the weights that it holds. */
  name: string
  threads: number
  round(index: number): Promise<Round>
  /** Most bytes that all of its processes have held so far (proportional set size); null where the system does not tell. */
  memory(): number | null
  /** What is worth saying once it has run: the tokens that were said, losses. */
  notes(): string
  close(): Promise<void>
}

/** One contender's figures of one kind, over all rounds. */
export interface Measured {
  /** What is compared: contenders of the same work take turns. */
  work: string
  figure: Figure
  name: string
  threads: number
  /** Of each round. */
  rates: number[]
  /** Bytes at most, of all that this contender did; null: not known. */
  memory: number | null
  notes: string
}

/** Ours over another, or over itself with fewer threads: the median of the rounds' own ratios, with the lowest and the highest. */
export interface Ratio {
  work: string
  figure: Figure
  ours: string
  other: string
  median: number
  lowest: number
  highest: number
}

export interface ProcessorReport {
  version: 1
  environment: BenchEnvironment
  /** What was asked for. */
  asked: Record<string, number | string>
  seconds: number
  measured: Measured[]
  ratios: Ratio[]
  /** What was not measured, and why. */
  missing: { what: string; why: string }[]
}

/** What our worker is asked; it answers each with `Told` or an error. */
export type Asked =
  | {
      kind: 'open'
      /** A model's files; a GGUF, or those of a Hugging Face folder. */
      files: File[]
      /** Rounded while it is opened; null: held as it is stored. */
      quantization: 'int8' | 'int4' | null
      threads: number
      positions: number
      /** Tokens of a step that is to be trained, and how many of them are learnt; 0: none. */
      train: number
      supervised: number
      wasmPaths: Record<string, string>
    }
  | { kind: 'answer'; prompt: number[]; tokens: number }
  | { kind: 'step'; step: number }

export interface Opened {
  device: string
  products: string
  /** Seconds. */
  opening: number
  liveBytes: number
}

export interface Answered {
  /** Seconds until the first token, and from there to the last. */
  reading: number
  decoding: number
  said: number[]
}

export interface Stepped {
  seconds: number
  loss: number
}
