import type { Call } from './call.ts'

/** So many things, and the bytes of their large values; what is said of them takes little. */
export interface KeptKind {
  count: number
  bytes: number
}

/** What of a person's own is kept in this browser. */
export interface KeptThings {
  data: KeptKind
  models: KeptKind
  /** Downloads that are not models yet. */
  downloads: KeptKind
  runs: KeptKind
  /** Hubs whose token is remembered. */
  tokens: number
}

/** A kind of what is kept that has changed: something came, went, or is another by now. */
export type KeptNews = 'models' | 'data' | 'queues'

export interface KeptRoom {
  /** @throws LapidaryError `storage_*` */
  things(): Promise<KeptThings>
  /** Hears, from every tab of this browser, until the call's `signal` is aborted. Resolves at once. */
  follow(onNews: (kind: KeptNews) => void, call?: Call): Promise<void>
}
