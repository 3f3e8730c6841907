import { createSignal } from 'solid-js'
import type { RunInfo } from '../../../protocol/studio.ts'
import { Button } from '../../components/Button.tsx'
import { ConfirmDelete } from '../../components/ConfirmDelete.tsx'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'

/** A run that has ended need not be kept: asked once, it is gone from this browser. */
export function DontKeep(props: { run: RunInfo }) {
  const { runs } = useApp()
  const [removing, setRemoving] = createSignal<RunInfo | null>(null)
  return (
    <>
      <Button kind="quiet" icon="trash" onClick={() => setRemoving(props.run)}>
        {t('train.ended.dontKeep')}
      </Button>
      <ConfirmDelete
        title={t('runs.removeTitle')}
        what={removing()}
        text={(run) => t('runs.removeText', { name: runs.label(run) })}
        onDelete={({ id }) => void runs.remove(id)}
        onClose={() => setRemoving(null)}
      />
    </>
  )
}
