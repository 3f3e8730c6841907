import { createSignal } from 'solid-js'
import { type Failure, toFailure } from '../../protocol/errors.ts'
import type { RunFileContents } from '../../protocol/run-file.ts'
import type { ScoredRows, Studio } from '../../protocol/studio.ts'
import { type Handed, type Scored, sameHandIn } from '../../runs/handed-in.ts'

/** Runs of a class as they were opened from their files, which nothing is stored of, and their scores on one set. */
export function createScoring(studio: Pick<Studio, 'runs' | 'scoring'>) {
  const [entries, setEntries] = createSignal<(Handed & { file: File })[]>([])
  const [failures, setFailures] = createSignal<Failure[]>([])
  /** What is being done, and to which of how many. */
  const [work, setWork] = createSignal<Work | null>(null)
  let control: AbortController | null = null

  async function each<T>(
    doing: Work['doing'],
    all: readonly T[],
    task: (
      one: T,
      call: { signal: AbortSignal; onProgress: (told: { share: number | null }) => void },
    ) => unknown,
    nameOf: (one: T) => string,
  ): Promise<void> {
    control?.abort()
    const own = (control = new AbortController())
    for (const [done, one] of all.entries()) {
      const at = { doing, done, of: all.length, name: nameOf(one) }
      setWork({ ...at, share: 0 })
      await task(one, {
        signal: own.signal,
        onProgress: ({ share }) => control === own && setWork({ ...at, share: share ?? 0 }),
      })
      if (own.signal.aborted) return
    }
    setWork(null)
  }

  const stop = () => {
    control?.abort()
    setWork(null)
  }

  return {
    entries,
    failures,
    work,
    stop,
    open(chosen: readonly File[]): Promise<void> {
      setFailures([])
      return each(
        'reading',
        chosen,
        async (file, { signal }) => {
          try {
            const contents = await studio.runs.readRunFile(file, file.name, { signal })
            setEntries((all) => [
              ...all.filter((other) => !sameHandIn(other.contents, contents)),
              { file, contents, scored: null },
            ])
          } catch (error) {
            if (!signal.aborted) setFailures((all) => [...all, toFailure(error)])
          }
        },
        ({ name }) => name,
      )
    },
    /** One after the other; those that are stopped have no score. */
    score(rows: ScoredRows): Promise<void> {
      const all = entries()
      setEntries(all.map((one) => ({ ...one, scored: null })))
      const put = (contents: RunFileContents, scored: Scored) =>
        setEntries((now) => now.map((one) => (one.contents === contents ? { ...one, scored } : one)))
      return each(
        'scoring',
        all,
        async ({ file, contents }, call) => {
          try {
            const score = await studio.scoring.score(file, file.name, rows, call)
            if (!call.signal.aborted) put(contents, { score })
          } catch (error) {
            if (!call.signal.aborted) put(contents, { failure: toFailure(error) })
          }
        },
        ({ contents, file }) => contents.manifest.by?.trim() || file.name,
      )
    },
    /** Scores are of a set that is not chosen any more. */
    forget: () => setEntries((all) => all.map((one) => ({ ...one, scored: null }))),
  }
}

export interface Work {
  doing: 'reading' | 'scoring'
  done: number
  of: number
  name: string
  /** Of this one. */
  share: number
}
