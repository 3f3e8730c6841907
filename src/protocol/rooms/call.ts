/** The last argument of every method of a room: how a call is stopped, and who hears how far it has come. */
export interface Call<Preview = never> {
  /** Stops the call, which then rejects with `cancelled`; what was half done is taken back. */
  signal?: AbortSignal
  onProgress?: (progress: Progress) => void
  /** Hears of what there is before all of it is there. */
  onPreview?: (preview: Preview) => void
}

export interface Progress {
  /** 0..1, or null where the end is not known. */
  share: number | null
  /** What is being done now. */
  note?: string
  bytes?: { done: number; total: number | null }
}

/** So many entries of a longer list, from a place counted from 0. */
export interface Page {
  offset: number
  count: number
}

/** Rows of a table, of which thousands of columns would hold up whoever asks: only these, all where none are named. */
export interface RowsPage extends Page {
  columns?: readonly string[]
}
