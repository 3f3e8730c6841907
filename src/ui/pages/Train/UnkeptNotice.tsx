import { Show } from 'solid-js'
import type { RunInfo } from '../../../protocol/studio.ts'
import { Button } from '../../components/Button.tsx'
import { Notice } from '../../components/Notice.tsx'
import { saidWhole } from '../../messages/said.ts'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'

/** Of a run that could not be stored: why, and its newest checkpoint to take away while this page is open. */
export function UnkeptNotice(props: { run: RunInfo | null }) {
  const { downloads } = useApp()
  return (
    <Show when={props.run?.unkept}>
      {(failure) => (
        <Notice
          tone="warning"
          title={t('train.unkept.title')}
          actions={
            <Button
              icon="export"
              disabled={downloads.making() !== null}
              onClick={() => void downloads.run(props.run!)}
            >
              {t('train.unkept.download')}
            </Button>
          }
        >
          <p>{saidWhole(failure())}</p>
        </Notice>
      )}
    </Show>
  )
}
