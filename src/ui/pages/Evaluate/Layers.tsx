import { createResource, createSignal, Match, onCleanup, Show, Switch } from 'solid-js'
import { toFailure } from '../../../protocol/errors.ts'
import type { LayerView, RunInfo } from '../../../protocol/studio.ts'
import { LayerMap } from '../../charts/LayerMap.tsx'
import { SaveChart } from '../../charts/SaveChart.tsx'
import { Checkbox } from '../../components/Field.tsx'
import { FailureNotice } from '../../components/Notice.tsx'
import { Table, type TableColumn } from '../../components/Table.tsx'
import { formatShare } from '../../messages/format.ts'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import '../../styles/views.css'

/** Where a checkpoint's adapter changed most. */
export function Layers(props: { run: RunInfo; step: number | 'last' }) {
  const { evaluations } = useApp()
  const key = () => JSON.stringify([props.run.id, props.step])
  let abort: AbortController | null = null
  onCleanup(() => abort?.abort())
  const [read] = createResource(key, async (of) => {
    const [run, step] = JSON.parse(of) as [string, number | 'last']
    abort?.abort()
    abort = new AbortController()
    try {
      return { of, view: await evaluations.layers(run, step, abort.signal), failure: null }
    } catch (error) {
      return { of, view: null, failure: toFailure(error) }
    }
  })
  const current = () => (read.state === 'ready' && read().of === key() ? read() : null)
  return (
    <Switch
      fallback={
        <p class="quiet" role="status">
          {t('layers.looking')}
        </p>
      }
    >
      <Match when={current()?.failure}>{(failure) => <FailureNotice failure={failure()} />}</Match>
      <Match when={current()?.view}>{(view) => <Drawn view={view()} />}</Match>
    </Switch>
  )
}

function Drawn(props: { view: LayerView }) {
  const [asTable, setAsTable] = createSignal(false)
  let box!: HTMLDivElement
  return (
    <div class="stack-s">
      <p data-testid="layers">{inWords(props.view)}</p>
      <Show when={props.view.summary.most.length > 0}>
        <p class="small quiet">{t('layers.how', { step: props.view.step })}</p>
        <Show when={!asTable()} fallback={<Changes view={props.view} />}>
          <div ref={box}>
            <LayerMap view={props.view} />
          </div>
        </Show>
        <div class="row">
          <Checkbox label={t('chance.table')} checked={asTable()} onChange={setAsTable} />
          <Show when={!asTable()}>
            <SaveChart chart={() => box.querySelector('svg')} name="layers" />
          </Show>
        </div>
      </Show>
    </div>
  )
}

/** "Layers 3, 4 of 6 changed most. 72% of the change is in the feed-forward part (MLP)." */
function inWords({ step, layers: of, summary: { most, alike, part } }: LayerView): string {
  if (most.length === 0) return t('layers.none', { step })
  const layers = most.map((layer) => layer + 1).join(', ')
  const where = alike
    ? t('layers.alike', { of, layers })
    : t(most.length === 1 ? 'layers.one' : 'layers.several', { layers, of })
  return part ? `${where} ${t(`layers.${part.name}`, { share: formatShare(part.share) })}` : where
}

function Changes(props: { view: LayerView }) {
  const rows = () => Array.from({ length: props.view.layers }, (_, layer) => layer)
  const shareOf = (layer: number, module: string) => {
    const cell = props.view.cells.find((one) => one.layer === layer && one.module === module)
    return cell && cell.weight > 0 ? formatShare(cell.change / cell.weight, 2) : ''
  }
  const columns = (): TableColumn<number>[] => [
    { id: 'layer', head: t('layers.layer'), number: true, cell: (layer) => layer + 1 },
    ...props.view.modules.map(
      (module): TableColumn<number> => ({
        id: module,
        head: module,
        number: true,
        cell: (layer) => shareOf(layer, module),
      }),
    ),
  ]
  return <Table label={t('layers.table')} columns={columns()} rows={rows()} dense tall />
}
