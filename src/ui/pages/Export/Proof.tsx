import { createResource, Show } from 'solid-js'
import type { RunInfo } from '../../../protocol/studio.ts'
import { Button } from '../../components/Button.tsx'
import { Fold } from '../../components/Fold.tsx'
import { Notice } from '../../components/Notice.tsx'
import { formatLoss } from '../../messages/format.ts'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { useCheckpoint } from '../CheckpointPicker.tsx'

/** What proves elsewhere that an export of the chosen checkpoint has effect; a word where it has none. */
export function Proof(props: {
  run: RunInfo
  /** What is exported checks itself. */
  ofPage?: boolean
}) {
  const { proofs } = useApp()
  const { known, which } = useCheckpoint(() => props.run)
  // A run that goes on has another adapter with each step.
  const asked = () =>
    known() && props.run.status !== 'running'
      ? JSON.stringify([props.run.id, props.run.step, which(), proofs.made()])
      : null
  const [read] = createResource(asked, async (of) => ({ of, info: await proofs.info(props.run.id, which()) }))
  /** A resource keeps what it had of another run while it asks anew. */
  const info = () => (read.latest?.of === asked() ? read.latest.info : null)
  const sayings = () =>
    props.ofPage
      ? (['proof.madeOfPage', 'proof.laterOfPage', 'proof.moreOfPage'] as const)
      : (['proof.made', 'proof.later', 'proof.more'] as const)
  const waiting = () => proofs.making(props.run.id) !== undefined
  return (
    <Show when={info()}>
      {(known) => (
        <div class="stack-s proof">
          <Show when={known().dead}>
            <Notice tone="warning" title={t('proof.dead')}>
              <p>{t('proof.deadMore')}</p>
            </Notice>
          </Show>
          <p class="hint">
            {t(known().made ? sayings()[0] : props.run.lacks ? 'proof.noBase' : sayings()[1])}
          </p>
          <Fold summary={t('proof.what')} small>
            <p class="small">{t(sayings()[2])}</p>
            <Show when={known().effect !== null}>
              <p class="small">{t('proof.effect', { effect: formatLoss(known().effect!) })}</p>
            </Show>
            <Show when={!known().made && !props.run.lacks}>
              <Button disabled={waiting()} onClick={() => void proofs.ensure(props.run.id, which())}>
                {t('proof.make')}
              </Button>
            </Show>
          </Fold>
        </div>
      )}
    </Show>
  )
}
