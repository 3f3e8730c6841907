import { createEffect, createMemo, createSignal, on, Show } from 'solid-js'
import { type Failure, toFailure } from '../../../protocol/errors.ts'
import type { ExportedFile, RunInfo } from '../../../protocol/studio.ts'
import { LossChart } from '../../charts/LossChart.tsx'
import type { ChartRun } from '../../charts/series.ts'
import { Button } from '../../components/Button.tsx'
import { FailureNotice } from '../../components/Notice.tsx'
import { PageHead, Section } from '../../components/Page.tsx'
import { Progress } from '../../components/Progress.tsx'
import { Stat } from '../../components/Table.tsx'
import { formatBytes, formatDuration, formatLoss } from '../../messages/format.ts'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { RunFacts } from '../RunFacts.tsx'
import { RunPicker, usePickedRun } from '../RunPicker.tsx'
import { FileList, sizeOf } from './FileList.tsx'
import { baseName, save, zipped } from './save.ts'

const WEIGHTS = 'adapter_model.safetensors'

export function ExportPage() {
  const { runs } = useApp()
  const { usable, picked, pick } = usePickedRun()
  const curve = createMemo((): ChartRun[] => {
    const run = picked()
    const view = runs.view(run?.id ?? null)
    return run && view ? [{ id: run.id, name: run.name, series: view.series }] : []
  })
  return (
    <>
      <PageHead title={t('export.title')} lede={t('export.lede')} />
      <div class="stack-l">
        <RunPicker usable={usable()} picked={picked()} pick={pick} />
        <Show when={picked()}>
          {(run) => (
            <div class="workbench wide-start">
              <Adapter run={run()} />
              <Section title={t('export.summary')}>
                <dl class="stats">
                  <Stat
                    label={t('export.steps')}
                    value={t('export.stepsOf', { step: run().step, count: run().maxSteps })}
                  />
                  <Stat label={t('export.time')} value={formatDuration(run().seconds)} />
                  <Show when={run().evalLoss !== null}>
                    <Stat
                      label={t('train.stat.validation')}
                      value={formatLoss(run().evalLoss!)}
                      unit={t('unit.nats')}
                    />
                  </Show>
                </dl>
                <Show when={curve().length > 0}>
                  <LossChart runs={curve()} plain />
                </Show>
                <RunFacts config={run().config} />
              </Section>
            </div>
          )}
        </Show>
      </div>
    </>
  )
}

/** The adapter's files: one press for the weights, one for all of them. */
function Adapter(props: { run: RunInfo }) {
  const [files, setFiles] = createSignal<ExportedFile[] | null>(null)
  const [failure, setFailure] = createSignal<Failure | null>(null)
  const { studio } = useApp()

  async function read(id: string): Promise<void> {
    setFiles(null)
    setFailure(null)
    try {
      const found = await studio.runs.exportAdapter(id)
      if (props.run.id === id) setFiles(found)
    } catch (error) {
      if (props.run.id === id) setFailure(toFailure(error))
    }
  }
  createEffect(
    on(
      () => `${props.run.id} ${props.run.step}`,
      () => void read(props.run.id),
    ),
  )

  const weights = () => files()?.find((file) => baseName(file.path) === WEIGHTS)

  return (
    <Section title={t('export.adapter')} lede={t('export.adapterLede')}>
      <Show when={failure()}>
        {(problem) => (
          <FailureNotice
            failure={problem()}
            actions={<Button onClick={() => void read(props.run.id)}>{t('action.retry')}</Button>}
          />
        )}
      </Show>
      <Show when={!failure() && !files()}>
        <Progress label={t('export.reading')} share={null} />
      </Show>
      <Show when={files()}>
        {(list) => (
          <>
            <div class="stack-s">
              <Show when={weights()}>
                {(file) => (
                  <Button kind="primary" icon="export" large onClick={() => save(file().blob, WEIGHTS)}>
                    {t('export.download', { size: formatBytes(file().blob.size) })}
                  </Button>
                )}
              </Show>
              <Button
                onClick={async () => {
                  try {
                    save(await zipped(list()), `${props.run.name.replace(/[^\w.-]+/g, '-')}-adapter.zip`)
                  } catch (error) {
                    setFailure(toFailure(error))
                  }
                }}
              >
                {t('export.all', { count: list().length, size: formatBytes(sizeOf(list())) })}
              </Button>
            </div>
            <FileList files={list()} />
            <p class="hint">{t('export.note')}</p>
          </>
        )}
      </Show>
    </Section>
  )
}
