import { textTable } from '../src/lib/text-table.ts'
import type { Queue, RankMetric } from '../src/protocol/studio.ts'
import { curvePoints, readCurve } from '../src/runs/learning-curve.ts'
import type { Ranked } from '../src/runs/ranking.ts'
import { shortName } from '../src/runs/sweep.ts'

const METRICS: Record<RankMetric, string> = {
  eval_loss: 'loss on the rows held out, lower is better',
  eval_mean_token_accuracy: 'token accuracy on the rows held out',
  accuracy: 'labels chosen right on the rows held out',
}

const score = (metric: RankMetric, value: number): string =>
  metric === 'eval_loss' ? value.toFixed(4) : `${(100 * value).toFixed(1)}%`

/** A line a setting, the best first; shares of the rows in their order. */
export function rankTable({ trials, metric, kind }: Queue, ranked: readonly Ranked[]): string {
  const fields = [...new Set(trials.flatMap(({ set }) => set.map(({ field }) => field)))]
  const seeded = trials.some(({ seed }) => seed !== null)
  const head = [
    ...(kind === 'sweep' ? ['rank'] : []),
    ...fields.map(shortName),
    seeded ? 'mean' : metric,
    ...(seeded ? ['spread', 'runs'] : []),
    '',
  ]
  const lines = ranked.map(({ rank, set, mean, spread, count, members, near }) => [
    ...(kind === 'sweep' ? [rank === null ? '-' : String(rank)] : []),
    ...fields.map((field) => String(set.find((one) => one.field === field)?.value ?? '')),
    mean === null ? '-' : score(metric, mean),
    ...(seeded ? [spread === null ? '-' : score(metric, spread), `${count}/${members.length}`] : []),
    kind === 'sweep' && near ? 'near the best: by its seeds the difference may be chance' : '',
  ])
  return `Ranked by ${METRICS[metric]}.\n${textTable([head, ...lines])}`
}

/** What a learning curve says, as the page says it. */
export function curveInWords({ metric, rows }: Queue, ranked: readonly Ranked[]): string {
  const { kind, from, to, perDoubling } = readCurve(curvePoints(ranked, rows.train), metric, rows.validation)
  if (kind === 'unknown' || !from || !to)
    return 'Too few shares were trained to say whether more data would help.'
  const went = `from ${from.rows} to ${to.rows} rows the score went from ${score(metric, from.mean)} to ${score(metric, to.mean)}`
  if (kind === 'flat')
    return `More data of this kind would likely change little: ${went}, which is no more than chance.`
  if (kind === 'unsure')
    return `Whether more data would help cannot be told from this: ${went}, and chance may do as much. Hold more rows out (validation_share), or train with several seeds.`
  if (kind === 'worse')
    return `With more rows it got worse: ${went}. Look for rows that contradict each other, or train longer.`
  const gain =
    metric === 'eval_loss' ? `${(100 * perDoubling).toFixed(1)}%` : `${(100 * perDoubling).toFixed(1)} points`
  return `More data would likely help: ${went}, ${gain} better per doubling.`
}

/** Seconds as people say them. */
export function timeInWords(seconds: number | null): string {
  if (seconds === null) return 'how long they take is known after the first'
  return seconds < 90 ? `about ${Math.round(seconds)} s` : `about ${Math.round(seconds / 60)} min`
}
