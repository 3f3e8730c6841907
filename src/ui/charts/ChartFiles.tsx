import { createSignal, Show } from 'solid-js'
import { type Failure, toFailure } from '../../protocol/errors.ts'
import { curvesCsv } from '../../runs/curves-csv.ts'
import { Button } from '../components/Button.tsx'
import { FailureNotice } from '../components/Notice.tsx'
import { t } from '../messages/t.ts'
import { fileName, save } from '../state/save.ts'
import type { ChartRun } from './chart-run.ts'
import type { Drawing } from './curves.ts'
import { readColours } from './palette.ts'
import { pngOf } from './picture.ts'
import { chartSvg } from './svg.ts'
import type { Zoom } from './zoom.ts'

/** The curves to take along: every figure as CSV, and the chart as it is looked at as a picture. */
export function ChartFiles(props: {
  runs: ChartRun[]
  drawing: Omit<Drawing, 'span'>
  log: boolean
  zoom: Zoom
}) {
  const [failure, setFailure] = createSignal<Failure | null>(null)
  let row!: HTMLDivElement
  const svg = () =>
    chartSvg(props.runs, { ...props.drawing, span: props.zoom.now() }, props.log, readColours(row))
  async function take(kind: 'csv' | 'svg' | 'png'): Promise<void> {
    setFailure(null)
    try {
      const blob =
        kind === 'csv'
          ? new Blob([curvesCsv(props.runs)], { type: 'text/csv;charset=utf-8' })
          : kind === 'svg'
            ? new Blob([svg()], { type: 'image/svg+xml' })
            : await pngOf(svg())
      save(
        blob,
        `${fileName(props.runs[0]?.name ?? '')}-${kind === 'csv' ? 'curves' : props.drawing.figure}.${kind}`,
      )
    } catch (error) {
      setFailure(toFailure(error))
    }
  }
  return (
    <div class="push stack-s" ref={row}>
      <div class="row chart-files">
        <span class="small quiet">{t('chart.take')}</span>
        <Button kind="quiet" title={t('chart.csvTitle')} onClick={() => void take('csv')}>
          CSV
        </Button>
        <Button kind="quiet" title={t('chart.pictureTitle')} onClick={() => void take('svg')}>
          SVG
        </Button>
        <Button kind="quiet" title={t('chart.pictureTitle')} onClick={() => void take('png')}>
          PNG
        </Button>
      </div>
      <Show when={failure()}>
        {(failure) => <FailureNotice failure={failure()} onDismiss={() => setFailure(null)} />}
      </Show>
    </div>
  )
}
