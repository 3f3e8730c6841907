import { Show } from 'solid-js'
import type { Correction } from '../../../protocol/data-steps.ts'
import type { RunInfo } from '../../../protocol/studio.ts'
import { Button } from '../../components/Button.tsx'
import { Section } from '../../components/Page.tsx'
import { Table, type TableColumn } from '../../components/Table.tsx'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import type { useCheckpoint } from '../CheckpointPicker.tsx'

/** What was put right of a run's answers, and the way on: a run that begins with this one's best checkpoint. */
export function Corrections(props: { run: RunInfo; checkpoint: ReturnType<typeof useCheckpoint> }) {
  const { corrections, runs, training } = useApp()
  const list = () => corrections.of(props.run.id)
  const already = () => props.run.config.data.corrections?.length ?? 0
  /** The best of those that are stored; where none was measured, the newest. */
  const from = () => props.checkpoint.best() ?? props.checkpoint.last()
  const columns: TableColumn<Correction>[] = [
    {
      id: 'question',
      head: t('correct.question'),
      cell: ({ prompt }) => <span class="wrap">{prompt}</span>,
    },
    {
      id: 'right',
      head: t('correct.right'),
      cell: ({ response }) => <span class="wrap">{response ?? t('correct.leftOut')}</span>,
    },
    {
      id: 'remove',
      head: t('correct.back'),
      cell: (correction) => (
        <Button
          kind="quiet"
          class="small"
          aria-label={t('correct.remove', { question: correction.prompt })}
          onClick={() => corrections.remove(props.run.id, correction)}
        >
          {t('correct.undo')}
        </Button>
      ),
    },
  ]
  return (
    <Show when={list().length > 0}>
      <Section title={t('correct.list')} lede={t('correct.lede')}>
        <Show when={already() > 0}>
          <p class="small quiet">{t('correct.already', { count: already() })}</p>
        </Show>
        <Table label={t('correct.table')} columns={columns} rows={list()} dense stacks />
        <Show when={from()}>
          {(checkpoint) => (
            <div class="row">
              <Button
                kind="primary"
                disabled={training.busy()}
                onClick={() => void corrections.trainOn(props.run, checkpoint().step, runs.label(props.run))}
              >
                {t('correct.trainOn', { count: list().length, step: checkpoint().step })}
              </Button>
            </div>
          )}
        </Show>
      </Section>
    </Show>
  )
}
