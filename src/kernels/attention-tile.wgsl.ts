/**
 * The two products that flash attention is made of, as WGSL text over register tiles.
 *
 * A workgroup owns `own` rows and walks over tiles of `other` rows. Forward and dQ own queries and walk over keys; dK
 * and dV own keys and walk over queries. Rows of the heads that share a kv head lie side by side in one query tile, so
 * that each key and value loaded serves all of them.
 *
 *   score       s[m, n]   = sum_d a[m, d] b[n, d]          both staged through workgroup memory, `chunk` columns at a time
 *   accumulate  acc[m, :] += sum_n weights[n, m] rows[n, :]     weights in workgroup memory, rows straight from memory
 *
 * In `score` an invocation holds 4 rows (tm) by other / tn columns; in `accumulate` own / um rows by headDim / ud
 * columns. The default tiles need at most 16 KiB of workgroup memory.
 */
export interface AttentionTile {
  own: number
  other: number
  workgroup: number
  /** Columns staged at a time; a multiple of 4. */
  chunk: number
  /** Invocations side by side along the width in `accumulate`. */
  across: number
  /** Whether the steps of a staged chunk are written out: for compilers of hardware to overlap. */
  unroll?: boolean
}

export class TileText {
  readonly tile: AttentionTile
  readonly width: number
  /** Invocations along own rows and other rows in `score`. */
  readonly tm: number
  readonly tn: number
  /** Columns an invocation holds in `score`. */
  readonly columns: number
  /** Quads of rows, and vec4 columns, that an invocation holds in `accumulate`. */
  readonly quads: number
  readonly vectors: number
  readonly #across: number

  constructor(tile: AttentionTile, headDim: number) {
    const { own, other, workgroup, chunk, across } = tile
    this.tile = tile
    this.width = headDim / 4
    this.tm = own / 4
    this.tn = workgroup / this.tm
    this.columns = other / this.tn
    this.#across = across
    const down = workgroup / across
    this.quads = own / (4 * down)
    this.vectors = this.width / across
    for (const n of [this.width, this.tm, this.tn, this.columns, down, this.quads, this.vectors, chunk / 4])
      if (!Number.isInteger(n) || n < 1)
        throw new Error(`no attention tile ${JSON.stringify(tile)} for width ${headDim}`)
    if (headDim % chunk !== 0) throw new Error(`chunk ${chunk} does not divide width ${headDim}`)
  }

  /** Workgroup memory and the invocation's places in the two layouts. */
  get declarations(): string {
    const { own, other, workgroup, chunk } = this.tile
    const staged = (chunk / 4) * (own + other + 2)
    return `
var<workgroup> stage: array<vec4<f32>, ${Math.max(staged, workgroup)}>;
var<workgroup> weights: array<vec4<f32>, ${(own / 4) * other}>;`
  }

  get places(): string {
    return `
  // The width, as a value that compilers cannot see through: unrolled, these loops take software adapters minutes to
  // compile, and hardware gains nothing.
  let width = min(${this.width}u, arrayLength(&q));
  let tm = local / ${this.tn}u;
  let tn = local % ${this.tn}u;
  let um = local / ${this.#across}u;
  let ud = local % ${this.#across}u;`
  }

  /** Declares vec4 `name`0, `name`1, ...: rows 4 tm .. 4 tm + 3 of columns tn + tn_count * j. */
  scores(name: string): string {
    return this.eachColumn((j) => `var ${name}${j} = vec4<f32>(0.0);`)
  }

  /**
   * name += a bᵀ. `ownRow(i)` and `otherRow(i)` are WGSL for the row a tile row lies in, always a live one. Ends with
   * a barrier.
   */
  score(
    name: string,
    a: string,
    b: string,
    ownRow: (i: string) => string,
    otherRow: (i: string) => string,
  ): string {
    const { own, other, workgroup, chunk } = this.tile
    const c4 = chunk / 4
    const offset = c4 * (own + 1)
    const product = (row: number, j: number) =>
      ['x', 'y', 'z', 'w'].map((e) => `a${row}.${e} * b${j}.${e}`).join(' + ')
    const step = (c: string) => `
      let from_a = ${c} * ${own + 1}u + 4u * tm;
      let from_b = ${offset}u + ${c} * ${other + 1}u + tn;
      ${[0, 1, 2, 3].map((i) => `let a${i} = stage[from_a + ${i}u];`).join(' ')}
      ${this.eachColumn((j) => `let b${j} = stage[from_b + ${j * this.tn}u];`)}
      ${this.eachColumn((j) => `${name}${j} += vec4<f32>(${[0, 1, 2, 3].map((i) => product(i, j)).join(', ')});`)}
    `
    return `
  for (var d = 0u; d < width; d += ${c4}u) {
    for (var i = local; i < ${own * c4}u; i += ${workgroup}u) {
      let row = i / ${c4}u;
      let c = i % ${c4}u;
      stage[c * ${own + 1}u + row] = ${a}[${ownRow('row')} * ${this.width}u + d + c];
    }
    for (var i = local; i < ${other * c4}u; i += ${workgroup}u) {
      let row = i / ${c4}u;
      let c = i % ${c4}u;
      stage[${offset}u + c * ${other + 1}u + row] = ${b}[${otherRow('row')} * ${this.width}u + d + c];
    }
    workgroupBarrier();
    ${this.tile.unroll ? Array.from({ length: c4 }, (_, c) => `{${step(`${c}u`)}}`).join('') : `for (var c = 0u; c < min(width, ${c4}u); c++) {${step('c')}}`}
    workgroupBarrier();
  }`
  }

  /** Declares the accumulator of `accumulate`. */
  accumulator(name: string): string {
    return this.eachCell((i, j) => `var ${name}${i}_${j} = vec4<f32>(0.0);`)
  }

  /** Puts a score-shaped value where `accumulate` finds it; a barrier must follow. */
  putWeights(name: string): string {
    return this.eachColumn((j) => `weights[(tn + ${j * this.tn}u) * ${this.tm}u + tm] = ${name}${j};`)
  }

  /** name += weightsᵀ rows, over the first `count` rows of the other tile. */
  accumulate(name: string, rows: string, otherRow: (i: string) => string, count: string): string {
    const quadOf = (i: number) => Math.floor(i / 4)
    const element = (i: number) => 'xyzw'[i % 4]
    return `
  for (var n = 0u; n < ${count}; n++) {
    let base = ${otherRow('n')} * ${this.width}u + ud;
    ${this.eachVector((j) => `let v${j} = ${rows}[base + ${j * this.#across}u];`)}
    ${this.eachQuad((q) => `let w${q} = weights[n * ${this.tm}u + um * ${this.quads}u + ${q}u];`)}
    ${this.eachCell((i, j) => `${name}${i}_${j} += w${quadOf(i)}.${element(i)} * v${j};`)}
  }`
  }

  eachColumn(text: (j: number) => string): string {
    return Array.from({ length: this.columns }, (_, j) => text(j)).join('\n      ')
  }
  eachQuad(text: (q: number) => string): string {
    return Array.from({ length: this.quads }, (_, q) => text(q)).join('\n    ')
  }
  eachVector(text: (j: number) => string): string {
    return Array.from({ length: this.vectors }, (_, j) => text(j)).join('\n    ')
  }
  /** Over rows i of the invocation (tile row 4 quads um + i) and vectors j (column ud + across j). */
  eachCell(text: (i: number, j: number) => string): string {
    const cells: string[] = []
    for (let i = 0; i < 4 * this.quads; i++) for (let j = 0; j < this.vectors; j++) cells.push(text(i, j))
    return cells.join('\n    ')
  }
  eachRow(text: (i: number) => string): string {
    return Array.from({ length: 4 * this.quads }, (_, i) => text(i)).join('\n    ')
  }
  /** Column of the width where vector j of an invocation lies. */
  vectorAt(j: number): string {
    return `ud + ${j * this.#across}u`
  }
}
