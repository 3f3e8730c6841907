import { For, Show } from 'solid-js'
import type { Finding } from '../../../protocol/studio.ts'
import { Button } from '../../components/Button.tsx'
import { Notice } from '../../components/Notice.tsx'
import { said } from '../../messages/said.ts'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'

/** Examples that would lose their end, or reach no answer, under the limit on tokens; with the press that raises it. */
export function CutAnswers() {
  const { data, settings, announce } = useApp()
  const found = () =>
    (data.prepared()?.findings ?? []).filter(
      ({ kind }) => kind === 'long_example' || kind === 'nothing_to_learn',
    )
  const mend = ({ fix }: Finding) => {
    if (fix?.kind !== 'training') return
    settings.setTraining(fix.field, fix.value)
    announce(t('fix.done', { label: said(fix.label) }))
  }
  return (
    <For each={found()}>
      {(finding) => (
        <Notice
          tone="warning"
          title={said(finding.message)}
          actions={
            <Show when={finding.fix?.kind === 'training' && finding.fix}>
              {(fix) => <Button onClick={() => mend(finding)}>{said(fix().label)}</Button>}
            </Show>
          }
        >
          <p>{said(finding.hint)}</p>
        </Notice>
      )}
    </For>
  )
}
