import { createMemo, createSignal, For, Show } from 'solid-js'
import { type Failure, toFailure } from '../../../protocol/errors.ts'
import type { RunFileContents } from '../../../protocol/run-file.ts'
import { type HandedRun, handedCsv, handedTable } from '../../../runs/handed-in.ts'
import { Button } from '../../components/Button.tsx'
import { Dialog } from '../../components/Dialog.tsx'
import { FileDrop } from '../../components/FileDrop.tsx'
import { FailureNotice } from '../../components/Notice.tsx'
import { Progress } from '../../components/Progress.tsx'
import { Table, type TableColumn } from '../../components/Table.tsx'
import { formatLoss } from '../../messages/format.ts'
import '../../messages/lesson.ts'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { fieldName, short } from '../../state/run-labels.ts'
import { save } from '../../state/save.ts'

/** Runs of a class, opened from their files, as one table. Nothing of them is stored. */
export default function HandedIn(props: { onClose: () => void }) {
  const { studio } = useApp()
  const [files, setFiles] = createSignal<RunFileContents[]>([])
  const [failures, setFailures] = createSignal<Failure[]>([])
  const [reading, setReading] = createSignal<{ done: number; of: number } | null>(null)
  const table = createMemo(() => handedTable(files()))

  async function open(chosen: File[]): Promise<void> {
    setFailures([])
    for (const [done, file] of chosen.entries()) {
      setReading({ done, of: chosen.length })
      try {
        const contents = await studio.runs.readRunFile(file, file.name)
        setFiles((all) => [...all.filter((other) => !isSame(other, contents)), contents])
      } catch (error) {
        setFailures((all) => [...all, toFailure(error)])
      }
    }
    setReading(null)
  }

  const columns = (): TableColumn<HandedRun>[] => [
    { id: 'by', head: t('handed.by'), cell: ({ by }) => by ?? t('handed.noName') },
    { id: 'run', head: t('handed.run'), cell: ({ run }) => run },
    {
      id: 'steps',
      head: t('unit.steps'),
      cell: ({ step, maxSteps }) => t('runs.steps', { step, count: maxSteps }),
      number: true,
    },
    {
      id: 'heldOut',
      head: t('handed.heldOut'),
      cell: ({ heldOut }) => (heldOut === null ? '–' : formatLoss(heldOut)),
      number: true,
    },
    {
      id: 'best',
      head: t('handed.best'),
      cell: ({ best }) => (best ? t('handed.bestAt', { loss: formatLoss(best.loss), step: best.step }) : '–'),
      number: true,
    },
    {
      id: 'score',
      head: t('handed.score'),
      cell: ({ score }) => (score ? t('handed.scored', { right: score.right, rows: score.rows }) : '–'),
      number: true,
    },
    ...table().fields.map((field, i) => ({
      id: field,
      head: fieldName(field),
      cell: ({ values }: HandedRun) => short(values[i]),
    })),
  ]

  return (
    <Dialog title={t('handed.title')} open onOpenChange={(open) => !open && props.onClose()} kind="drawer">
      <div class="stack">
        <FileDrop
          label={t('handed.pick')}
          hint={t('handed.hint')}
          accept=".zip"
          multiple
          onFiles={(chosen) => void open(chosen)}
        />
        <Show when={reading()}>
          {(now) => <Progress label={t('handed.reading')} share={now().done / now().of} />}
        </Show>
        <For each={failures()}>{(failure) => <FailureNotice failure={failure} />}</For>
        <Show when={files().length > 0}>
          <Table label={t('handed.title')} columns={columns()} rows={table().runs} dense />
          <p class="hint">
            {table().benchmark ? t('handed.benchmark', table().benchmark!) : t('handed.noBenchmark')}
          </p>
          <div class="row">
            <Button
              icon="export"
              onClick={() =>
                save(new Blob([`\ufeff${handedCsv(table())}`], { type: 'text/csv' }), 'runs.csv')
              }
            >
              {t('handed.csv')}
            </Button>
          </div>
        </Show>
      </div>
    </Dialog>
  )
}

/** The same file twice, or a run that somebody hands in again. */
const isSame = (a: RunFileContents, b: RunFileContents) =>
  a.record.id === b.record.id && a.manifest.by === b.manifest.by
