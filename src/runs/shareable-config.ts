import type { RunConfig } from '../protocol/run-config.ts'
import { baseName } from './named-data.ts'

/** How the command line names several files in one line. */
const BETWEEN = ', '

/** A run's config without the paths and addresses of the machine that it was made on, which are nobody's business, and without rows. */
export function shareableConfig(config: RunConfig, model: string): RunConfig {
  const { data, start } = config
  const name = data.name.split(BETWEEN).map(baseName).join(BETWEEN)
  return {
    ...config,
    model: { ...config.model, id: model },
    // Corrections quote rows.
    data: { ...data, name, corrections: [] },
    ...(start.from === 'adapter' && { start: { ...start, name: baseName(start.name) } }),
  }
}
