import { fail } from '../src/protocol/errors.ts'
import { type BenchOptions, SUITES, type SuiteName } from './types.ts'

/** @throws LapidaryError `bad_config` for a suite that there is none of */
export function readOptions(flags: {
  only?: string[]
  full?: boolean
  peers?: boolean
}): BenchOptions & { peers: boolean } {
  for (const name of flags.only ?? [])
    if (!SUITES.includes(name as SuiteName))
      fail('bad_config', `There is no suite "${name}".`, `Suites: ${SUITES.join(', ')}.`, { flag: '--only' })
  return {
    only: flags.only as SuiteName[] | undefined,
    full: flags.full ?? false,
    peers: flags.peers ?? true,
  }
}
