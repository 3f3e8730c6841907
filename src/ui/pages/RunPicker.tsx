import { createEffect, createMemo, onCleanup, Show } from 'solid-js'
import type { RunInfo } from '../../protocol/studio.ts'
import { LinkButton } from '../components/Button.tsx'
import { Notice } from '../components/Notice.tsx'
import { Select } from '../components/Select.tsx'
import { formatTime } from '../messages/format.ts'
import { t } from '../messages/t.ts'
import { useApp } from '../state/app.tsx'
import { hrefOf } from '../state/route.ts'

/** Runs that have an adapter to use, and the one in view (or the newest). Choosing one puts it in view everywhere. */
export function usePickedRun() {
  const { runs } = useApp()
  const usable = createMemo(() => runs.list().filter((run) => run.step > 0 && run.id !== runs.live()))
  const picked = createMemo((): RunInfo | null => {
    const shown = runs.shown()
    return (shown && usable().includes(shown) ? shown : usable()[0]) ?? null
  })
  createEffect(() => {
    const run = picked()
    runs.look(run?.id ?? null)
    if (run) void runs.load(run.id)
  })
  onCleanup(() => runs.look(null))
  return { usable, picked, pick: runs.show }
}

export function RunPicker(props: { usable: RunInfo[]; picked: RunInfo | null; pick: (id: string) => void }) {
  const { runs } = useApp()
  return (
    <>
      <RunGone now={props.picked} />
      <Show
        when={props.picked}
        fallback={
          <Notice
            tone="info"
            title={t(runs.live() === null ? 'picker.none' : 'picker.going')}
            actions={<LinkButton href={hrefOf('train')}>{t('picker.toTrain')}</LinkButton>}
          />
        }
      >
        {(run) => (
          <div class="run-picker">
            <Select
              label={t('picker.label')}
              value={run().id}
              onChange={props.pick}
              options={props.usable.map((other) => ({
                value: other.id,
                label: runs.label(other),
                description: `${formatTime(other.created)} · ${t('runs.steps', { step: other.step, count: other.maxSteps })}`,
              }))}
            />
          </div>
        )}
      </Show>
    </>
  )
}

/** The run that was in view was deleted elsewhere. @param now that in its place */
export function RunGone(props: { now: RunInfo | null }) {
  const { runs } = useApp()
  return (
    <Show when={runs.gone()}>
      {(name) => (
        <Notice tone="warning" title={t('picker.gone', { name: name() })} onDismiss={runs.dismissGone}>
          <Show when={props.now}>{(run) => <p>{t('picker.now', { name: runs.label(run()) })}</p>}</Show>
        </Notice>
      )}
    </Show>
  )
}
