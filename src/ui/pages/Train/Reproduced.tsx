import { createEffect, createMemo, For, Show } from 'solid-js'
import type { RunInfo } from '../../../protocol/studio.ts'
import { agreement, sameRecipe } from '../../../runs/compare.ts'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'

/** Of earlier runs of the very same recipe and seed: whether the figures of this one are theirs, bit for bit. */
export function Reproduced(props: { run: RunInfo }) {
  const { runs } = useApp()
  const twins = createMemo(() =>
    runs
      .list()
      .filter(
        (other) =>
          other.id !== props.run.id &&
          other.created < props.run.created &&
          other.step > 0 &&
          sameRecipe(other.config, props.run.config),
      ),
  )
  createEffect(() => {
    for (const { id } of twins()) void runs.load(id)
  })
  const text = (other: RunInfo) => {
    const [mine, theirs] = [runs.view(props.run.id), runs.view(other.id)]
    if (!mine || !theirs) return null
    const { steps, differsAt } = agreement(mine.series.snapshot(), theirs.series.snapshot())
    if (steps === 0) return null
    const name = runs.label(other)
    if (differsAt === null) return t('reproduced.equal', { name, count: steps })
    const engines =
      props.run.engine && other.engine && props.run.engine.device !== other.engine.device
        ? ` ${t('reproduced.otherDevice')}`
        : ''
    return t('reproduced.differs', { name, step: differsAt }) + engines
  }
  return <For each={twins()}>{(other) => <Show when={text(other)}>{(said) => <p>{said()}</p>}</Show>}</For>
}
