import { createResource, For, Show } from 'solid-js'
import { isSealed } from '../../protocol/sealed.ts'
import { Button } from '../components/Button.tsx'
import { Dialog } from '../components/Dialog.tsx'
import { Notice } from '../components/Notice.tsx'
import { Progress } from '../components/Progress.tsx'
import { formatBytes } from '../messages/format.ts'
import { t } from '../messages/t.ts'
import { useApp } from '../state/app.tsx'
import { leaveComputer } from '../state/leaving.ts'

/** What is kept here, a way to save of it what is wanted, and its removal. */
export function LeaveDialog(props: { onClose: () => void }) {
  const { studio, offline, working, route } = useApp()
  const [things] = createResource(async () => {
    try {
      return { found: await studio.kept.things() }
    } catch {
      return { found: null }
    }
  })
  const app = () => {
    const kept = offline.kept()
    return kept.state === 'whole' || kept.state === 'keeping' ? kept.bytes : 0
  }
  const lines = () => {
    const found = things()?.found
    if (!found) return []
    const kinds = (['data', 'models', 'downloads', 'runs'] as const).map((kind) => ({
      name: t(`leave.${kind}`),
      has:
        found[kind].count === 0
          ? t('leave.none')
          : t('leave.counted', { count: found[kind].count, size: formatBytes(found[kind].bytes) }),
    }))
    return [
      ...kinds,
      {
        name: t('leave.tokens'),
        has: found.tokens === 0 ? t('leave.none') : t('leave.count', { count: found.tokens }),
      },
      { name: t('leave.settings'), has: t('leave.yes') },
      {
        name: t('leave.app'),
        has: app() === 0 ? t('leave.none') : t('leave.sized', { size: formatBytes(app()) }),
      },
    ]
  }

  return (
    <Dialog title={t('leave.title')} open onOpenChange={(open) => !open && props.onClose()}>
      <div class="stack">
        <p>{t('leave.lede')}</p>
        <Show when={things()} fallback={<Progress label={t('leave.looking')} share={null} />}>
          <Show when={things()?.found} fallback={<p>{t('leave.notFound')}</p>}>
            <p class="small quiet">{t('leave.what')}</p>
            <dl class="facts">
              <For each={lines()}>
                {({ name, has }) => (
                  <>
                    <dt>{name}</dt>
                    <dd>{has}</dd>
                  </>
                )}
              </For>
            </dl>
          </Show>
        </Show>
        <Show when={(things()?.found?.runs.count ?? 0) > 0}>
          <div class="row">
            <p>{t('leave.save')}</p>
            <Button
              onClick={() => {
                props.onClose()
                route.go('export')
              }}
            >
              {t('leave.toExport')}
            </Button>
          </div>
        </Show>
        <p class="small quiet">
          {t('leave.tabs')} <Show when={isSealed()}>{t('leave.sealed')}</Show>
        </p>
        <Show when={working()}>
          <Notice tone="info" title={t('leave.busy')} />
        </Show>
        <div class="row">
          <Button kind="danger" disabled={working()} onClick={leaveComputer}>
            {t('leave.go')}
          </Button>
          <Button onClick={() => props.onClose()}>{t('leave.stay')}</Button>
        </div>
      </div>
    </Dialog>
  )
}
