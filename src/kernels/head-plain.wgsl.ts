import {
  floatLiteral,
  type HeadPass,
  type HeadPassText,
  headReader,
  NO_WORD,
  rowsWgsl,
  splitsWgsl,
  TILES_WGSL,
} from './head-pass.wgsl.ts'

/** A workgroup's tile is `rows` x (`threads` * `words`); an invocation keeps rows x words logits, then rows x columns sums. */
export interface PlainTile {
  /** No fewer than rows. */
  threads: number
  rows: 4 | 8 | 16
  words: number
  /** vec4 columns of the sums an invocation works on at a time. */
  columns: 1 | 2
}

/**
 * The pass of head-pass.wgsl.ts in little text and few barriers, with the sums of p W left in memory between tiles: what
 * software adapters compile in reasonable time and run well, for any width.
 */
export function plainPass(o: HeadPass, tile: PlainTile): HeadPassText {
  const { threads, rows } = tile
  return {
    workgroup: threads,
    rowTile: rows,
    wordTile: threads * tile.words,
    lanes: 0,
    hardware: false,
    wgsl: () => plainWgsl(o, tile),
  }
}

function plainWgsl(o: HeadPass, tile: PlainTile): string {
  const reader = headReader(o)
  const { threads: T, rows: R, words: J, columns: C } = tile
  const W = T * J
  const H4 = o.weight.cols / 4
  const cap = o.softCap === null ? '' : floatLiteral(o.softCap)
  const range = (n: number) => Array.from({ length: n }, (_, i) => i)
  const [rows, words, columns, fours] = [range(R), range(J), range(C), range(R / 4)]
  const lines = <T>(list: T[], f: (item: T) => string, indent: number) =>
    list.map(f).join(`\n${' '.repeat(indent)}`)
  const grid = (second: number[], f: (i: number, j: number) => string, indent: number) =>
    lines(rows, (i) => second.map((j) => f(i, j)).join(' '), indent)
  const four = (q: number, f: (i: number) => string) =>
    `vec4<f32>(${[0, 1, 2, 3].map((u) => f(q * 4 + u)).join(', ')})`
  const lane = (i: number) => `${i >> 2}.${'xyzw'[i & 3]}`
  const inside = (j: number, text: string) => (j === 0 ? text : `if (c + ${j * T}u < ${H4}u) { ${text} }`)

  const sums = `
    for (var c = local; c < ${H4}u; c += ${T * C}u) {
      ${lines(columns, (j) => `let c${j} = min(c + ${j * T}u, ${H4 - 1}u);`, 6)}
      ${grid(columns, (i, j) => `var sum${i}_${j} = sums[min(base + ${i}u, final_pair) * ${H4}u + c${j}] * shrinks[${i}];`, 6)}
      for (var q = 0u; q < count; q++) {
        ${lines(columns, (j) => `let w${j} = ${reader.at(`(first + q) * ${H4}u + c${j}`)};`, 8)}
        ${fours.map((f) => `let p${f} = logits[q * ${R / 4}u + ${f}u];`).join(' ')}
        ${grid(columns, (i, j) => `sum${i}_${j} = fma(vec4<f32>(p${lane(i)}), w${j}, sum${i}_${j});`, 8)}
      }
      ${lines(rows, (i) => `if (${i}u < live) { ${columns.map((j) => inside(j, `sums[(base + ${i}u) * ${H4}u + c${j}] = sum${i}_${j};`)).join(' ')} }`, 6)}
    }`

  return `
${reader.wgsl()}
const LAST = ${o.shard.rows - 1}u;
const TILES = ${Math.ceil(o.shard.rows / W)}u;
// Logits of the tile, then exp(z - m) dz/dx in their place.
var<workgroup> logits: array<vec4<f32>, ${(W * R) / 4}>;
var<workgroup> largest: array<f32, ${R}>;
var<workgroup> shrinks: array<f32, ${R}>;

fn kernel(group: vec3<u32>, local: u32) {
  let rows = ${rowsWgsl(o.rows)};
  let splits = ${splitsWgsl(o.rows, o.pairs, o.maxSplits)};
  let origin = group.y * ${R}u;
  let live = min(${R}u, rows - origin);
  let base = group.x * rows + origin;
  let final_pair = base + live - 1u;
  ${lines(rows, (i) => `let label${i} = labels[min(origin + ${i}u, rows - 1u)] - ${o.shard.firstRow}u;`, 2)}
  // Invocations below ${R} each look after one row's state.
  let own = min(local, ${R - 1}u);
  var m = -1e30;
  var l = 0.0;
  var best = ${NO_WORD};
  ${o.carry ? '' : 'if (slice.y > 0u) '}{
    let before = state[min(base + own, final_pair)];
    m = before.x;
    l = before.y;
    best = before.z;
  }
  ${
    o.gradient && !o.carry
      ? `if (slice.y == 0u) {
    for (var c = local; c < live * ${H4}u; c += ${T}u) { sums[base * ${H4}u + c] = vec4<f32>(); }
  }
  storageBarrier();`
      : ''
  }
${TILES_WGSL}
    let first = tile * ${W}u;
    let count = min(${W}u, LAST + 1u - first);
    ${lines(words, (j) => `let word${j} = first + local + ${j * T}u; let at${j} = min(word${j}, LAST) * ${H4}u;`, 4)}
    ${grid(words, (i, j) => `var z${i}_${j} = 0.0;`, 4)}
    ${lines(rows, (i) => `let from${i} = min(origin + ${i}u, rows - 1u) * ${H4}u;`, 4)}
    for (var k = 0u; k < ${H4}u; k++) {
      ${lines(words, (j) => `let w${j} = ${reader.at(`at${j} + k`)};`, 6)}
      ${lines(rows, (i) => `let h${i} = h[from${i} + k]; ${words.map((j) => `z${i}_${j} += dot(h${i}, w${j});`).join(' ')}`, 6)}
    }
    ${cap ? grid(words, (i, j) => `z${i}_${j} = ${cap} * tanh(clamp(z${i}_${j} / ${cap}, -15.0, 15.0));`, 4) : ''}
    ${lines(
      words,
      (j) => `if (word${j} <= LAST) {
      ${lines(rows, (i) => `if (word${j} == label${i} && ${i}u < live) { label_logit[origin + ${i}u] = z${i}_${j}; }`, 6)}
    }
    ${fours.map((f) => `logits[(local + ${j * T}u) * ${R / 4}u + ${f}u] = ${four(f, (i) => `z${i}_${j}`)};`).join('\n    ')}`,
      4,
    )}
    workgroupBarrier();
    if (local < ${R}u) {
      let part = local / 4u;
      let lane = local % 4u;
      var next = m;
      for (var q = 0u; q < count; q++) {
        let z = logits[q * ${R / 4}u + part][lane];
        if (z > next) {
          next = z;
          best = f32(first + q + ${o.shard.firstRow}u);
        }
      }
      shrinks[local] = exp(m - next);
      largest[local] = next;
      l *= exp(m - next);
      for (var q = 0u; q < count; q++) { l += exp(logits[q * ${R / 4}u + part][lane] - next); }
      m = next;
    }
    workgroupBarrier();${
      o.gradient
        ? `
    ${grid(words, (i, j) => `z${i}_${j} = exp(z${i}_${j} - largest[${i}])${cap ? ` * (1.0 - (z${i}_${j} / ${cap}) * (z${i}_${j} / ${cap}))` : ''};`, 4)}
    ${lines(words, (j) => fours.map((f) => `logits[(local + ${j * T}u) * ${R / 4}u + ${f}u] = ${four(f, (i) => `z${i}_${j}`)};`).join('\n    '), 4)}
    workgroupBarrier();${sums}
    workgroupBarrier();`
        : ''
    }
  }
  if (local < live) { state[base + local] = vec4<f32>(m, l, best, 0.0); }
}`
}
