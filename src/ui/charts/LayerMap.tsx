import { createMemo, For } from 'solid-js'
import type { LayerView } from '../../protocol/studio.ts'
import { formatShare } from '../messages/format.ts'
import { t } from '../messages/t.ts'

/** Sides of a cell; layers go down, modules across. */
const WIDTH = 44
const HEIGHT = 18
const MARGIN = { left: 28, top: 70 }

/** How far each matrix changed, relative to its weights: the stronger the colour the more, up to the one that changed most. */
export function LayerMap(props: { view: LayerView }) {
  const cells = createMemo(() =>
    props.view.cells.map((cell) => ({ ...cell, share: cell.weight > 0 ? cell.change / cell.weight : 0 })),
  )
  const top = createMemo(() => cells().reduce((most, cell) => (cell.share > most.share ? cell : most)))
  const width = () => MARGIN.left + props.view.modules.length * WIDTH + 40
  const height = () => MARGIN.top + props.view.layers * HEIGHT + 4
  return (
    <section class="matrix-scroll" tabindex="0" aria-label={t('layers.title')}>
      <svg
        class="matrix"
        role="img"
        aria-label={t('layers.map', {
          of: props.view.layers,
          modules: props.view.modules.length,
          layer: top().layer + 1,
          module: top().module,
          share: formatShare(top().share, 2),
        })}
        viewBox={`0 0 ${width()} ${height()}`}
        width={width()}
        height={height()}
      >
        <rect
          class="matrix-ground"
          x={MARGIN.left}
          y={MARGIN.top}
          width={props.view.modules.length * WIDTH}
          height={props.view.layers * HEIGHT}
        />
        <For each={cells()}>
          {({ layer, module, share }) => (
            <rect
              class="layer-cell"
              x={MARGIN.left + props.view.modules.indexOf(module) * WIDTH + 0.5}
              y={MARGIN.top + layer * HEIGHT + 0.5}
              width={WIDTH - 1}
              height={HEIGHT - 1}
              fill-opacity={top().share > 0 ? share / top().share : 0}
            >
              <title>
                {t('layers.cell', { index: String(layer), module, share: formatShare(share, 2) })}
              </title>
            </rect>
          )}
        </For>
        <For each={Array.from({ length: props.view.layers }, (_, layer) => layer)}>
          {(layer) => (
            <text
              class="matrix-name"
              x={MARGIN.left - 6}
              y={MARGIN.top + layer * HEIGHT + HEIGHT / 2 + 4}
              text-anchor="end"
            >
              {layer + 1}
            </text>
          )}
        </For>
        <For each={props.view.modules}>
          {(module, i) => (
            <text
              class="matrix-name"
              transform={`translate(${MARGIN.left + i() * WIDTH + WIDTH / 2} ${MARGIN.top - 6}) rotate(-45)`}
            >
              {module}
            </text>
          )}
        </For>
      </svg>
    </section>
  )
}
