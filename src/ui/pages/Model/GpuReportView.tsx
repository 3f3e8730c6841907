import { createSignal, For, Show } from 'solid-js'
import type { GpuReport } from '../../../protocol/gpu-report.ts'
import { Button } from '../../components/Button.tsx'
import { Fold } from '../../components/Fold.tsx'
import { FailureNotice } from '../../components/Notice.tsx'
import { Progress } from '../../components/Progress.tsx'
import { Table } from '../../components/Table.tsx'
import { formatBytes, formatCount, formatFlops } from '../../messages/format.ts'
import { said } from '../../messages/said.ts'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { HEADS, reportText, rowFigures, shareOfPeak } from '../../state/gpu-report.ts'

/** Everything about the adapter, folded away until somebody reports a bug or is curious. */
export function GpuReportView() {
  return (
    <Fold summary={t('gpu.fold')} small>
      <Report />
    </Fold>
  )
}

function Report() {
  const { gpuReport, models, training } = useApp()
  void gpuReport.look()
  const name = () => models.chosen()?.name ?? ''
  return (
    <div class="stack">
      <p class="small quiet">{t('gpu.about', { model: name() })}</p>
      <Show when={gpuReport.failure()}>
        {(failure) => <FailureNotice failure={failure()} onDismiss={gpuReport.dismiss} />}
      </Show>
      <Show
        when={gpuReport.measuring()}
        fallback={
          <div class="row">
            <Button
              disabled={training.busy() || models.checking() !== null || !models.chosen()}
              onClick={() => void gpuReport.measure()}
            >
              {t('gpu.measure', { model: name() })}
            </Button>
            <Show when={gpuReport.report()}>{(report) => <Copy report={report()} />}</Show>
          </div>
        }
      >
        {(now) => (
          <>
            <Progress label={said(now().note) || t('gpu.measuring')} share={now().share} />
            <div class="row">
              <Button icon="stop" onClick={now().stop}>
                {t('action.stop')}
              </Button>
            </div>
          </>
        )}
      </Show>
      <Show when={gpuReport.report()}>{(report) => <Told report={report()} />}</Show>
    </div>
  )
}

function Copy(props: { report: GpuReport }) {
  const { announce } = useApp()
  const [done, setDone] = createSignal<'copied' | 'refused' | null>(null)
  async function copy(): Promise<void> {
    try {
      await navigator.clipboard.writeText(reportText(props.report))
      setDone('copied')
      announce(t('gpu.copied'))
    } catch {
      // Pages that were not opened over https have no clipboard.
      setDone('refused')
    }
  }
  return (
    <>
      <Button onClick={() => void copy()}>{t('gpu.copy')}</Button>
      <Show when={done() === 'copied'}>
        <span class="small quiet">{t('gpu.copied')}</span>
      </Show>
      <Show when={done() === 'refused'}>
        <p class="small">{t('gpu.notCopied')}</p>
        <textarea class="text-input mono" rows={8} readonly aria-label={t('gpu.text')}>
          {reportText(props.report)}
        </textarea>
      </Show>
    </>
  )
}

function Told(props: { report: GpuReport }) {
  const leftOut = () => Object.entries(props.report.leftOut)
  const rate = (text: (rates: NonNullable<GpuReport['rates']>) => string) =>
    props.report.rates ? text(props.report.rates) : t('gpu.unmeasured')
  return (
    <>
      <dl class="facts">
        <For each={Object.entries(props.report.adapter)}>
          {([name, value]) => (
            <>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </>
          )}
        </For>
        <dt>{t('gpu.features')}</dt>
        <dd class="wrap">{props.report.features.join(', ') || '—'}</dd>
        <dt>{t('gpu.flops')}</dt>
        <dd>{rate(({ flops }) => formatFlops(flops))}</dd>
        <dt>{t('gpu.bandwidth')}</dt>
        <dd>{rate(({ bandwidth }) => `${formatBytes(bandwidth)}/s`)}</dd>
        <dt>{t('gpu.build')}</dt>
        <dd class="mono small wrap">{props.report.build}</dd>
        <dt>{t('gpu.browser')}</dt>
        <dd class="small wrap">{props.report.browser}</dd>
      </dl>
      <Show when={leftOut().length > 0}>
        <h4>{t('gpu.leftOut')}</h4>
        <p class="small quiet">{t('gpu.leftOutNote')}</p>
        <ul>
          <For each={leftOut()}>
            {([name, why]) => (
              <li>
                {name}: {said(why)}
              </li>
            )}
          </For>
        </ul>
      </Show>
      <Show when={props.report.kernels}>
        {(kernels) => (
          <>
            <h4>{t('gpu.kernelsOf', { model: kernels().model, tokens: formatCount(kernels().tokens) })}</h4>
            <Table
              label={t('gpu.kernels')}
              dense
              stacks
              rows={kernels().rows}
              columns={[
                { id: 'name', head: t(HEADS[0]), cell: ({ name }) => name },
                {
                  id: 'dispatches',
                  head: t(HEADS[1]),
                  cell: ({ dispatches }) => formatCount(dispatches),
                  number: true,
                },
                { id: 'time', head: t(HEADS[2]), cell: (row) => rowFigures(row).time, number: true },
                {
                  id: 'speed',
                  head: t(HEADS[3]),
                  cell: (row) => {
                    const share = shareOfPeak(row, props.report.rates)
                    return `${rowFigures(row).flops}${share ? ` (${share})` : ''}`
                  },
                  number: true,
                },
                { id: 'moved', head: t(HEADS[4]), cell: (row) => rowFigures(row).bandwidth, number: true },
                { id: 'check', head: t(HEADS[5]), cell: (row) => rowFigures(row).check },
              ]}
            />
          </>
        )}
      </Show>
      <Fold summary={t('gpu.limits')} small>
        <dl class="facts">
          <For each={Object.entries(props.report.limits)}>
            {([name, value]) => (
              <>
                <dt class="mono small">{name}</dt>
                <dd>{formatCount(value)}</dd>
              </>
            )}
          </For>
        </dl>
      </Fold>
    </>
  )
}
