import type { SamplePrompt } from '../../src/protocol/events.ts'
import type { RunConfig } from '../../src/protocol/run-config.ts'

/** A run that is timed. */
export interface Wanted {
  name: string
  data: string
  model: string
  config: RunConfig
  samples: SamplePrompt[]
}

/** What runs them: seconds that were said before the start, null where nothing was known, and that it took. */
export interface Runner {
  run(wanted: Wanted): Promise<{ said: number | null; taken: number }>
  close(): Promise<void>
}
