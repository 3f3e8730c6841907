/**
 * Flash attention, forward: out = softmax(mask(softCap(scale q kᵀ))) v, and the log-sum-exp of each row of logits.
 *
 * q, out [rows, heads * headDim]; k, v [rows, kvHeads * headDim]; lse [rows, heads]. Row t sees rows s with
 * max(segmentStart[t], t - window + 1) <= s <= t. Softmax is computed online, a tile of keys at a time; only tiles
 * between the first key that the first query sees and the last query are visited.
 * Source: Dao 2023 (arXiv 2307.08691), algorithm 1.
 */
import { dimOf, type Kernel } from '../gpu/kernel.ts'
import {
  type AttentionShape,
  attentionCost,
  dimText,
  forwardBindings,
  logit,
  queryTileWgsl,
  softCapWgsl,
} from './attention-shape.ts'
import { type AttentionTile, TileText } from './attention-tile.wgsl.ts'

export function attentionForward(o: AttentionShape, tile: AttentionTile): Kernel {
  const { rows, heads, kvHeads, headDim } = o
  const text = new TileText(tile, headDim)
  const { tm, tn } = text
  const queries = queryTileWgsl(o, tile.own, heads / kvHeads)
  const columns = (name: string) => Array.from({ length: text.columns }, (_, j) => `${name}${j}`)
  return {
    name: 'attention.forward',
    bindings: forwardBindings(o),
    workgroup: tile.workgroup,
    wgsl: () => `
${text.declarations}
var<workgroup> rescale: array<vec4<f32>, ${tm}>;
${softCapWgsl(o.softCap)}
${queries.functions}
fn kernel(group: vec3<u32>, local: u32) {
  ${text.places}
  let first = group.y * ${queries.tokens}u;
  let last = min(first + ${queries.tokens}u, ${dimText(rows)}) - 1u;
  let head = group.x * ${heads / kvHeads}u;
  ${queries.span}
  var top = vec4<f32>(-1e30);
  var total = vec4<f32>(0.0);
  ${text.accumulator('acc')}
  for (var at = first_key(first); at <= last; at += ${tile.other}u) {
    ${text.scores('s')}
    ${text.score(
      's',
      'q',
      'k',
      (i) => `query_row(first, last, head, ${i})`,
      (i) => keyRow(o, i),
    )}
    ${text.eachColumn((j) => {
      const key = `vec4<u32>(at + tn + ${j * tn}u)`
      return `s${j} = select(vec4<f32>(-1e30), ${logit(o, `s${j}`)}, (${key} >= lower) & (${key} <= upper));`
    })}
    stage[tn * ${tm}u + tm] = ${columns('s').reduce((a, b) => `max(${a}, ${b})`)};
    workgroupBarrier();
    let before = top;
    for (var i = 0u; i < ${tn}u; i++) { top = max(top, stage[i * ${tm}u + tm]); }
    let shrink = exp(max(before - top, vec4<f32>(-100.0)));
    ${text.eachColumn((j) => `s${j} = select(vec4<f32>(0.0), exp(s${j} - top), s${j} > vec4<f32>(-1e29));`)}
    total = total * shrink + ${columns('s').join(' + ')};
    ${text.putWeights('s')}
    if (tn == 0u) { rescale[tm] = shrink; }
    workgroupBarrier();
    ${text.eachQuad((q) => `let shrink${q} = rescale[um * ${text.quads}u + ${q}u];`)}
    ${text.eachCell((i, j) => `acc${i}_${j} *= shrink${Math.floor(i / 4)}.${'xyzw'[i % 4]};`)}
    ${text.accumulate('acc', 'v', (i) => keyRow(o, i), `min(${tile.other}u, last + 1u - at)`)}
  }
  stage[tn * ${tm}u + tm] = total;
  workgroupBarrier();
  ${text.eachQuad((q) => `var sum${q} = vec4<f32>(0.0);`)}
  for (var i = 0u; i < ${tn}u; i++) {
    ${text.eachQuad((q) => `sum${q} += stage[i * ${tm}u + um * ${text.quads}u + ${q}u];`)}
  }
  ${text.eachRow((i) => {
    const row = `um * ${4 * text.quads}u + ${i}u`
    return `if (${queries.isLive(row)}) {
      let share = 1.0 / sum${Math.floor(i / 4)}.${'xyzw'[i % 4]};
      let to = query_row(first, last, head, ${row}) * ${text.width}u;
      ${text.eachVector((j) => `out[to + ${text.vectorAt(j)}] = acc${i}_${j} * share;`)}
    }`
  })}
  if (tn == 0u) {
    var sum = vec4<f32>(0.0);
    for (var i = 0u; i < ${tn}u; i++) { sum += stage[i * ${tm}u + tm]; }
    ${[0, 1, 2, 3]
      .map((i) => {
        const e = 'xyzw'[i]
        const row = `4u * tm + ${i}u`
        return `if (${queries.isLive(row)}) { lse[query_row(first, last, head, ${row})] = top.${e} + log(sum.${e}); }`
      })
      .join('\n    ')}
  }
}`,
    grid: (live) => [kvHeads, Math.ceil(dimOf(rows, live) / queries.tokens), 1],
    cost: (live) => attentionCost(o, dimOf(rows, live), 2),
  }
}

/** Row of k or v in heads, of the key `i` places after `at`; never past the last live query of the tile. */
export function keyRow(o: AttentionShape, i: string): string {
  return `(min(at + ${i}, last) * ${o.kvHeads}u + group.x)`
}
