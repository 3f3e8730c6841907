import uPlot from 'uplot'
import { formatCount } from '../messages/format.ts'
import { t } from '../messages/t.ts'
import { axis, Plot } from './Plot.tsx'
import type { ChartColours } from './palette.ts'

/** How long the examples are, in tokens. counts[i] lie in [edges[i], edges[i + 1]). */
export function LengthHistogram(props: { edges: number[]; counts: number[] }) {
  const centres = () => props.counts.map((_, i) => (props.edges[i]! + props.edges[i + 1]!) / 2)
  const options = (colours: ChartColours): Omit<uPlot.Options, 'width' | 'height'> => {
    const bars = uPlot.paths.bars!({ size: [0.86, 72] })
    const low = props.edges[0] ?? 0
    const high = props.edges.at(-1) ?? 1
    return {
      padding: [12, 12, 0, 0],
      legend: { show: false },
      cursor: { show: false },
      scales: {
        x: { time: false, range: () => [low, high] },
        y: { range: (_, __, most) => [0, Math.max(1, most) * 1.05] },
      },
      axes: [
        axis(colours, {
          label: t('lengths.tokens'),
          labelSize: 22,
          size: 30,
          space: 56,
          grid: { show: false },
        }),
        axis(colours, {
          label: t('lengths.examples'),
          labelSize: 22,
          size: 44,
          values: (_, splits) => splits.map((value) => (Number.isInteger(value) ? formatCount(value) : '')),
        }),
      ],
      series: [
        {},
        {
          paths: bars,
          fill: colours.curves[0]!,
          stroke: colours.curves[0]!,
          width: 0,
          points: { show: false },
        },
      ],
    }
  }
  const peak = () => {
    const at = props.counts.indexOf(Math.max(...props.counts))
    return t('lengths.summary', {
      low: props.edges[at] ?? 0,
      high: props.edges[at + 1] ?? 0,
      count: props.counts[at] ?? 0,
    })
  }
  return <Plot class="short" options={options} data={() => [centres(), props.counts]} label={peak()} />
}
