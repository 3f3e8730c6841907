import { Show } from 'solid-js'
import { Button, IconButton } from '../components/Button.tsx'
import { Checkbox } from '../components/Field.tsx'
import { Help } from '../components/Help.tsx'
import { Segmented } from '../components/Segmented.tsx'
import { StopsSlider } from '../components/Slider.tsx'
import { formatNumber } from '../messages/format.ts'
import { t } from '../messages/t.ts'
import type { Axis } from './figures.ts'
import type { Zoom } from './zoom.ts'

/** How the curves are looked at. */
export interface Look {
  figure: 'loss' | 'accuracy'
  across: Axis
  log: boolean
  weight: number
  table: boolean
}

export const PLAIN_LOOK: Look = { figure: 'loss', across: 'steps', log: false, weight: 0, table: false }

const SMOOTHING = [0, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.98]
/** What a press shows of what was in sight, and how far it moves. */
const CLOSER = 0.5
const ASIDE = 0.25

export function ChartTools(props: { look: Look; onChange: (change: Partial<Look>) => void }) {
  const loss = () => props.look.figure === 'loss'
  return (
    <div class="chart-tools">
      <div class="chart-metric">
        <Segmented
          label={t('chart.metric')}
          hideLabel
          value={props.look.figure}
          onChange={(figure) => props.onChange({ figure })}
          options={[
            { value: 'loss', label: t('chart.lossShort') },
            { value: 'accuracy', label: t('chart.accuracyShort') },
          ]}
        />
        <Help
          label={t(loss() ? 'chart.lossShort' : 'chart.accuracyShort')}
          text={t(loss() ? 'help.loss' : 'chart.accuracyHelp')}
        />
      </div>
      <Segmented
        label={t('chart.axis')}
        hideLabel
        value={props.look.across}
        onChange={(across) => props.onChange({ across })}
        options={[
          { value: 'steps', label: t('chart.steps') },
          { value: 'epochs', label: t('chart.epochs') },
        ]}
      />
      <Checkbox
        label={t('chart.log')}
        checked={props.look.log}
        onChange={(log) => props.onChange({ log })}
        disabled={!loss()}
      />
      <Checkbox
        label={t('chart.table')}
        checked={props.look.table}
        onChange={(table) => props.onChange({ table })}
      />
      <div class="chart-smoothing">
        <span class="small">{t('chart.smoothing')}</span>
        <StopsSlider
          label={t('chart.smoothing')}
          stops={SMOOTHING}
          value={props.look.weight}
          onChange={(weight) => props.onChange({ weight })}
          describe={(value) => (value === 0 ? t('chart.smoothingOff') : formatNumber(value))}
        />
      </div>
    </div>
  )
}

/** A closer look, and back: what the pointer does on the chart, for the keyboard and for fingers. */
export function ZoomTools(props: { zoom: Zoom }) {
  const narrowed = () => props.zoom.span() !== null
  return (
    <div class="row chart-zoom">
      <IconButton icon="add" label={t('chart.closer')} onClick={() => props.zoom.by(CLOSER)} />
      <Show when={narrowed()}>
        <IconButton icon="left" label={t('chart.earlier')} onClick={() => props.zoom.move(-ASIDE)} />
        <IconButton icon="right" label={t('chart.later')} onClick={() => props.zoom.move(ASIDE)} />
        <Button kind="quiet" onClick={() => props.zoom.all()}>
          {t('chart.all')}
        </Button>
      </Show>
      <Help label={t('chart.zoomAbout')} text={t('chart.zoomHelp')} />
    </div>
  )
}
