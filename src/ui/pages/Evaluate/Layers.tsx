import { createSignal, Show } from 'solid-js'
import type { LayerView, RunInfo } from '../../../protocol/studio.ts'
import { LayerMap } from '../../charts/LayerMap.tsx'
import { SaveChart } from '../../charts/SaveChart.tsx'
import { Checkbox } from '../../components/Field.tsx'
import { Table, type TableColumn } from '../../components/Table.tsx'
import { formatShare } from '../../messages/format.ts'
import { sentences } from '../../messages/sentences.ts'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { Looked } from './Looked.tsx'
import '../../styles/views.css'

/** Where a checkpoint's adapter changed most. */
export function Layers(props: { run: RunInfo; step: number | 'last' }) {
  const { evaluations } = useApp()
  return (
    <Looked
      of={JSON.stringify([props.run.id, props.step])}
      look={([run, step]: [string, number | 'last'], signal) => evaluations.layers(run, step, signal)}
      looking={t('layers.looking')}
    >
      {(view) => <Drawn view={view} />}
    </Looked>
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
  return sentences(where, part && t(`layers.${part.name}`, { share: formatShare(part.share) }))
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
