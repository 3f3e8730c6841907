import type { PreparedInfo } from '../protocol/preparation.ts'

/** Figures of some rows as those of all of them. Lengths stay; counts grow with the rows. */
export function scaled(info: PreparedInfo, estimate: { rows: number; of: number }): PreparedInfo {
  const factor = estimate.of / estimate.rows
  const scale = (count: number) => Math.round(count * factor)
  const each = <Counts extends Record<string, number>>(counts: Counts) =>
    Object.fromEntries(Object.entries(counts).map(([key, count]) => [key, scale(count)])) as Counts
  return {
    ...info,
    estimate,
    examples: each(info.examples),
    tokenCount: each(info.tokenCount),
    supervisedCount: each(info.supervisedCount),
    truncated: scale(info.truncated),
    histogram: { edges: info.histogram.edges, counts: info.histogram.counts.map(scale) },
    ...(info.origins ? { origins: each(info.origins) } : {}),
    ...(info.labels
      ? { labels: info.labels.map(({ label, count }) => ({ label, count: each(count) })) }
      : {}),
    ...(info.steps
      ? {
          steps: info.steps.map((step) => ({
            ...step,
            rowsIn: scale(step.rowsIn),
            rowsOut: scale(step.rowsOut),
            changed: scale(step.changed),
            dropped: scale(step.dropped),
            added: scale(step.added),
          })),
        }
      : {}),
  }
}
