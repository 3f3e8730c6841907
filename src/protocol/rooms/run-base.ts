/** Where a stored model came from. No token, query or name of a person is part of it. */
export type ModelOrigin =
  | { kind: 'bundled' }
  | { kind: 'files' }
  | { kind: 'hub'; repo: string; commit: string; endpoint: string; file?: string }
  | { kind: 'url'; address: string }

/** What is known of a run's base from when it began, or from when the model was deleted. */
export interface RunBase {
  name: string
  origin: ModelOrigin
}

/** A base model that a run needs. */
export interface LackedModel {
  name: string
  /** SHA-256 over its manifest, hex; empty where an old run does not tell. */
  hash: string
  /** Where it came from, where that is known. */
  origin?: ModelOrigin
  /** What is called so in this browser, and has other weights. */
  other?: string
}
