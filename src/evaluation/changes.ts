import type { Projection } from '../protocol/model.ts'
import type { LayerCell, LayerSummary } from '../protocol/rooms/views.ts'

const MLP: readonly Projection[] = ['gate_proj', 'up_proj', 'down_proj']
/** A layer that changed at least so far, of the one that changed most, is named beside it. */
const ABOUT_AS_FAR = 0.85
/** More layers than this are not named one by one. */
const MOST_NAMED = 4

const square = (x: number) => x * x
const total = (cells: readonly LayerCell[], of: (cell: LayerCell) => number) =>
  cells.reduce((sum, cell) => sum + square(of(cell)), 0)

/** How far a part of the model changed, relative to its weights: the norm of all changes by that of all weights. */
export function relativeChange(cells: readonly LayerCell[]): number {
  const weights = total(cells, ({ weight }) => weight)
  return weights === 0 ? 0 : Math.sqrt(total(cells, ({ change }) => change) / weights)
}

/** Where an adapter changed most: layers by relative change, the part of the layer by its share of the change itself. */
export function changeSummary(cells: readonly LayerCell[]): LayerSummary {
  const layers = [...new Set(cells.map(({ layer }) => layer))].sort((a, b) => a - b)
  const by = layers.map((layer) => relativeChange(cells.filter((cell) => cell.layer === layer)))
  const top = Math.max(0, ...by)
  if (top === 0) return { most: [], alike: false, part: null }
  const near = layers.filter((_, i) => by[i]! >= ABOUT_AS_FAR * top)
  const alike = near.length > MOST_NAMED || (layers.length > 1 && near.length === layers.length)
  const most = alike ? [layers[by.indexOf(top)]!] : near
  const isMlp = ({ module }: LayerCell) => MLP.includes(module)
  const both = cells.some(isMlp) && !cells.every(isMlp)
  const share = total(cells.filter(isMlp), ({ change }) => change) / total(cells, ({ change }) => change)
  const part =
    share >= 0.5 ? { name: 'mlp' as const, share } : { name: 'attention' as const, share: 1 - share }
  return { most, alike, part: both ? part : null }
}
