/** A file to take away, whose bytes are made while they are read: it may be larger than memory. */
export interface ExportedFile {
  /** With `/` between folders. */
  path: string
  /** Bytes in all. */
  size: number
  /** The bytes in order, from the beginning at each call; each piece in memory of its own, which is its reader's. */
  chunks(): AsyncIterable<Uint8Array<ArrayBuffer>>
}

/** The newest checkpoint, the one of the best validation loss, or that of a step. */
export type CheckpointChoice = 'last' | 'best' | number

/** Why a checkpoint is offered first (`CheckpointInfo.offered`). */
export type Offered = 'rose' | 'metric' | 'answers' | 'near'

/** What a run can be taken away as. */
export interface ExportFormat {
  id: string
  /** What it is called, in a few words. */
  name: string
  /** What reads it, one sentence. */
  about: string
  /** Where it runs, the best place first. */
  for: ExportTarget[]
  /** Files that its proof of effect adds; 0: it carries none. */
  proven: number
}

/** Lines that run an export in the place that it was made for. */
export interface Snippet {
  target: ExportTarget
  /** Formats (`ExportFormat.id`) whose files it is for. */
  formats: string[]
  language: 'python' | 'shell' | 'html'
  text: string
}

/** Where a run is taken to. */
export type ExportTarget =
  | 'transformers'
  | 'torch'
  | 'llama.cpp'
  | 'ollama'
  | 'lmstudio'
  | 'mlx'
  | 'server'
  | 'web'
  | 'phone'
  | 'keras'
  | 'hub'
  | 'lapidary'
