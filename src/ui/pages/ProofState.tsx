import { Show } from 'solid-js'
import { Notice } from '../components/Notice.tsx'
import { Progress } from '../components/Progress.tsx'
import { said } from '../messages/said.ts'
import { t } from '../messages/t.ts'
import { useApp } from '../state/app.tsx'

/** How far the proof of this run's export has come, and why the last export came without one. */
export function ProofState(props: { of: string }) {
  const { proofs } = useApp()
  return (
    <>
      <Show when={proofs.making(props.of) !== undefined}>
        <Progress label={t('proof.making')} share={proofs.making(props.of) ?? null} />
      </Show>
      <Show when={proofs.missing(props.of)}>
        {(failure) => (
          <Notice tone="info" title={t('proof.missing')} onDismiss={proofs.dismiss}>
            <p>{said(failure().message)}</p>
            <p>{t('proof.missingMore')}</p>
          </Notice>
        )}
      </Show>
    </>
  )
}
