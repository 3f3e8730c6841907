import { createEffect, createMemo, createResource, createSignal, on, Show } from 'solid-js'
import { type Failure, toFailure } from '../../../protocol/errors.ts'
import type { ExportedFile, RunInfo } from '../../../protocol/studio.ts'
import type { ChartRun } from '../../charts/chart-run.ts'
import { LossChart } from '../../charts/LossChart.tsx'
import { Button } from '../../components/Button.tsx'
import { FailureNotice } from '../../components/Notice.tsx'
import { PageHead, Section } from '../../components/Page.tsx'
import { Progress } from '../../components/Progress.tsx'
import { Select } from '../../components/Select.tsx'
import { Stat } from '../../components/Table.tsx'
import { formatBytes, formatDuration, formatLoss } from '../../messages/format.ts'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { saveFile } from '../../state/save.ts'
import { CheckpointPicker, checkpointName, useCheckpoint } from '../CheckpointPicker.tsx'
import { DownloadState } from '../DownloadState.tsx'
import { Judged } from '../Judged.tsx'
import { RunFacts } from '../RunFacts.tsx'
import { RunPicker, usePickedRun } from '../RunPicker.tsx'
import { UnkeptNotice } from '../Train/UnkeptNotice.tsx'
import { FileList, sizeOf } from './FileList.tsx'
import { Proof } from './Proof.tsx'

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
            <>
              <UnkeptNotice run={run()} />
              <div class="workbench wide-start">
                <Files run={run()} />
                <Section title={t('export.summary')}>
                  <Summary run={run()} />
                  {/* A loss over cut answers never stands by itself. */}
                  <Show when={runs.view(run().id)?.cut() && runs.view(run().id)}>
                    {(view) => <Judged view={view()} />}
                  </Show>
                  <Show when={curve().length > 0}>
                    <LossChart runs={curve()} plain />
                  </Show>
                  <RunFacts config={run().config} />
                </Section>
              </div>
            </>
          )}
        </Show>
      </div>
    </>
  )
}

/** Of the chosen checkpoint, which is named. */
function Summary(props: { run: RunInfo }) {
  const { which, chosen } = useCheckpoint(() => props.run)
  const step = () => chosen()?.step ?? props.run.step
  const evalLoss = () => (chosen() ? chosen()!.evalLoss : props.run.evalLoss)
  return (
    <dl class="stats">
      <Stat label={t('export.which')} value={checkpointName(which(), step())} />
      <Stat
        label={t('export.steps')}
        value={t('export.stepsOf', { step: step(), count: props.run.maxSteps })}
      />
      <Stat label={t('export.time')} value={formatDuration(chosen()?.seconds ?? props.run.seconds)} />
      <Show when={evalLoss() !== null}>
        <Stat
          label={t('train.stat.validation')}
          value={formatLoss(evalLoss()!)}
          unit={t('unit.nats')}
          help={t('help.evalLoss')}
        />
      </Show>
    </dl>
  )
}

/** The run's files in a format: one press for all of them as a folder, one for each. */
function Files(props: { run: RunInfo }) {
  const { studio, downloads, proofs } = useApp()
  const [format, setFormat] = createSignal('peft')
  const [files, setFiles] = createSignal<ExportedFile[] | null>(null)
  const [failure, setFailure] = createSignal<Failure | null>(null)
  const [formats] = createResource(() => studio.runs.exportFormats().catch(() => []))
  const checkpoint = useCheckpoint(() => props.run)
  const { known, which: wanted } = checkpoint
  const key = () =>
    `${props.run.id} ${props.run.step} ${format()} ${known() ? wanted() : ''} ${proofs.made()}`

  async function read(): Promise<void> {
    const asked = key()
    setFiles(null)
    setFailure(null)
    if (!known()) return
    try {
      const found = await studio.runs.exportRun(props.run.id, format(), wanted())
      if (key() === asked) setFiles(found)
    } catch (error) {
      if (key() === asked) setFailure(toFailure(error))
    }
  }
  createEffect(on(key, () => void read()))

  const about = () => formats.latest?.find(({ id }) => id === format())?.about
  const attempt = (work: () => Promise<void>) => () =>
    void work().catch((error) => setFailure(toFailure(error)))

  return (
    <Section title={t('export.files')} lede={t('export.filesLede')}>
      <Show when={(formats.latest?.length ?? 0) > 1}>
        <Select
          label={t('export.format')}
          options={formats.latest!.map(({ id, name }) => ({ value: id, label: name }))}
          value={format()}
          onChange={setFormat}
        />
      </Show>
      <CheckpointPicker run={props.run} of={checkpoint} />
      <Show when={failure()}>
        {(problem) => (
          <FailureNotice
            failure={problem()}
            actions={<Button onClick={() => void read()}>{t('action.retry')}</Button>}
          />
        )}
      </Show>
      <Show when={!failure() && !files()}>
        <Progress label={t('export.reading')} share={null} />
      </Show>
      <Show when={files()}>
        {(list) => (
          <>
            <DownloadState of={props.run.id} />
            <div class="stack-s">
              <Button
                kind="primary"
                icon="export"
                large
                disabled={downloads.making() !== null}
                onClick={() => void downloads.run(props.run, format())}
              >
                {t(format() === 'peft' ? 'export.download' : 'export.downloadOther', {
                  size: formatBytes(sizeOf(list())),
                })}
              </Button>
              <p class="hint">{t('export.asFolder', { count: list().length })}</p>
            </div>
            <Proof run={props.run} />
            <FileList files={list()} onSave={(file) => attempt(() => saveFile(file))()} />
            <p class="hint">{about()}</p>
          </>
        )}
      </Show>
    </Section>
  )
}
