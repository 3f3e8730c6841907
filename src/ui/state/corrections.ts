import { createEffect, createSignal } from 'solid-js'
import type { Correction } from '../../protocol/data-steps.ts'
import type { RunInfo } from '../../protocol/studio.ts'
import { recall, remember } from './memory.ts'
import type { OpenConfig } from './open-config.ts'
import type { createRoute } from './route.ts'

export type CorrectionsState = ReturnType<typeof createCorrections>

/** Whether two are of the same rows. */
export const isOfSame = (a: Correction, b: Correction): boolean =>
  a.row === b.row && a.prompt === b.prompt && a.system === b.system

/** Those of a run's config and those that have come since; of the same rows the last one. */
export function together(before: readonly Correction[], now: readonly Correction[]): Correction[] {
  return [...before.filter((one) => !now.some((other) => isOfSame(one, other))), ...now]
}

/** Answers that a person put right, by the run that gave them: until a run is trained on with them they are in no data. */
export function createCorrections({
  opening,
  route,
}: {
  opening: Pick<OpenConfig, 'openConfig'>
  route: Pick<ReturnType<typeof createRoute>, 'go'>
}) {
  const [kept, setKept] = createSignal(recall<Record<string, Correction[]>>('corrections') ?? {})
  createEffect(() => remember('corrections', kept()))
  const of = (run: string): readonly Correction[] => kept()[run] ?? []
  const set = (run: string, list: Correction[]) =>
    setKept(({ [run]: _, ...others }) => (list.length > 0 ? { ...others, [run]: list } : others))

  return {
    of,
    find: (run: string, correction: Correction) => of(run).find((one) => isOfSame(one, correction)) ?? null,
    put: (run: string, correction: Correction) => set(run, together(of(run), [correction])),
    remove: (run: string, correction: Correction) =>
      set(
        run,
        of(run).filter((one) => !isOfSame(one, correction)),
      ),
    /** Sets up a run that begins with what this one had learnt by a step, on its data with what was put right. */
    async trainOn({ id, config }: RunInfo, step: number, name: string): Promise<void> {
      // Records of earlier versions have no corrections.
      const corrections = together(config.data.corrections ?? [], of(id))
      await opening.openConfig(
        {
          ...config,
          data: { ...config.data, corrections },
          // Another run: what its predecessor was computed with binds it to nothing.
          engine: { ...config.engine, choices: {} },
          start: { from: 'run', run: id, checkpoint: step, hash: null },
        },
        name,
      )
      route.go('train')
    },
  }
}
