import { existsSync, readFileSync, renameSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { EvaluationInfo } from '../src/protocol/studio.ts'
import type { EvaluateJob } from './evaluate-job.ts'

/** What of a file of figures says which evaluation they are of; null: it is none. */
function evaluationIn(path: string): EvaluationInfo | null {
  try {
    return (JSON.parse(readFileSync(path, 'utf8')) as { evaluation?: EvaluationInfo }).evaluation ?? null
  } catch {
    return null
  }
}

/** Who answers on which rows; the id hangs on the run's, which is another each time that its folder is read. */
const whatOf = ({ rowsKey, step, model }: EvaluationInfo) => `${rowsKey} ${step} ${model.hash}`

/**
 * Gives figures and rows of another evaluation names of their own, where new ones (`.tmp`, written already) are to take their place.
 * @returns lines that say so
 */
export function setAside({ json, csv }: Pick<EvaluateJob, 'json' | 'csv'>): string[] {
  if (!existsSync(json)) return []
  const [former, now] = [evaluationIn(json), evaluationIn(`${json}.tmp`)]
  if (!former || !now || whatOf(former) === whatOf(now)) return []
  const of = `${former.step === null ? 'base' : `step-${former.step}`}-${former.rowsKey.slice(0, 8)}`
  return [
    [json, `evaluation-${of}.json`],
    [csv, `predictions-${of}.csv`],
  ].flatMap(([from, name]) => {
    if (!existsSync(from!)) return []
    const place = join(dirname(from!), name!)
    renameSync(from!, place)
    return [`Kept, of another evaluation: ${place}`]
  })
}
