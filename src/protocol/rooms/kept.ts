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

export interface KeptRoom {
  /** @throws LapidaryError `storage_*` */
  things(): Promise<KeptThings>
}
