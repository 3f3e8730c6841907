import type { Contender, Figure, Measured, Ratio } from './types.ts'

/**
 * Contenders by turns, each round in the other order, after one that warms up: what else the machine does meets all of them.
 * One that fails is left out of what comes after and told of.
 * @param timed put around each round that counts
 */
export async function byTurns(
  work: string,
  contenders: readonly Contender[],
  rounds: number,
  failed: (name: string, error: unknown) => void,
  timed: <T>(run: () => Promise<T>) => Promise<T> = (run) => run(),
): Promise<Measured[]> {
  const rates = new Map(contenders.map((one) => [one, new Map<Figure, number[]>()]))
  const out = new Set<Contender>()
  for (let round = 0; round <= rounds; round++)
    for (const one of round % 2 ? contenders.toReversed() : contenders) {
      if (out.has(one)) continue
      try {
        if (round === 0) {
          await one.round(round)
          continue
        }
        const found = Object.entries(await timed(() => one.round(round))) as [Figure, number][]
        const own = rates.get(one)!
        for (const [figure, rate] of found) own.set(figure, [...(own.get(figure) ?? []), rate])
      } catch (error) {
        out.add(one)
        failed(`${work}: ${one.name}, ${one.threads} threads`, error)
      }
    }
  return contenders
    .filter((one) => !out.has(one))
    .flatMap((one) =>
      [...rates.get(one)!].map(([figure, own]) => ({
        work,
        figure,
        name: one.name,
        threads: one.threads,
        rates: own,
        memory: one.memory(),
        notes: one.notes(),
      })),
    )
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

const called = ({ name, threads }: Measured) => `${name}, ${threads} ${threads === 1 ? 'thread' : 'threads'}`

/** Round by round, so that a machine that is busier in one of them does not tilt it. */
export function ratioOf(ours: Measured, other: Measured): Ratio {
  const each = ours.rates.map((rate, round) => rate / other.rates[round]!)
  return {
    work: ours.work,
    figure: ours.figure,
    ours: called(ours),
    other: called(other),
    median: median(each),
    lowest: Math.min(...each),
    highest: Math.max(...each),
  }
}
