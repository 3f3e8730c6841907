import { Show, Suspense } from 'solid-js'
import { loadedWhenDrawn } from '../../components/loaded.tsx'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'

const UnderHood = loadedWhenDrawn(() => import('./UnderHood.tsx').then((part) => part.UnderHood))

/** What a run computes, stage by stage, with its own values: a drawer that is fetched, and its values read, once it is opened. */
export function Hood(props: { run: string | null; ended?: boolean }) {
  const { hood } = useApp()
  return (
    <Show when={!props.ended || hood.of(props.run)}>
      <details
        class="fold hood"
        open={hood.open()}
        onToggle={(event) => hood.setOpen(event.currentTarget.open)}
      >
        <summary>{t('hood.open')}</summary>
        <Show when={hood.open()}>
          <Suspense>
            <UnderHood look={hood.of(props.run)} ended={props.ended ?? false} />
          </Suspense>
        </Show>
      </details>
    </Show>
  )
}
