import type { RunConfig } from '../../src/protocol/run-config.ts'

/** A run that is timed. */
export interface Wanted {
  name: string
  data: string
  model: string
  config: RunConfig
  prompts: string[]
}

/** What runs them: seconds that were said before the start, null where nothing was known, and that it took. */
export interface Runner {
  run(wanted: Wanted): Promise<{ said: number | null; taken: number }>
  close(): Promise<void>
}
