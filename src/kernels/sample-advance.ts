/**
 * Takes drawn tokens as the next input, so that decoding needs no word from the host:
 *
 *   tokens[row] = token[row];  positions[row] = min(positions[row] + 1, maxPositions - 1)
 *   ids[row, drawn[row] mod ring] = token[row];  drawn[row] += 1
 *   done[row] = 1 once token[row] is one of stop[8] (0xffffffff: unused)
 *
 * All u32; tokens, positions, drawn, done [rows]; ids [rows, ring]. The second and third line where `history` is given.
 * A row that is done goes on drawing; the host looks at `done`, or at the ids, behind it.
 */
import { type Binding, type Dim, dimOf, type Kernel } from '../gpu/kernel.ts'
import { specialised } from '../gpu/specialise.ts'
import type { Tape, Tensor } from '../gpu/tape.ts'
import { rowsWgsl } from './head-pass.wgsl.ts'

export interface AdvanceOptions {
  rows: Dim
  tokens: Tensor
  positions: Tensor
  /** Positions go no further than one below this. */
  maxPositions: number
  history?: { ids: Tensor; ring: number; drawn: Tensor; stop: Tensor; done: Tensor }
}

export const STOP_TOKENS = 8
const WORKGROUP = 64

export function advance(tape: Tape, token: Tensor, o: AdvanceOptions): void {
  const { rows, tokens, positions, maxPositions, history } = o
  const { ring: _, ...arrays } = history ?? { ring: null }
  tape.run(advanceKernel({ rows, maxPositions, ring: history?.ring ?? null }), {
    token,
    tokens,
    positions,
    ...arrays,
  })
}

interface AdvanceSpec {
  rows: Dim
  maxPositions: number
  /** Null: no history. */
  ring: number | null
}

const advanceKernel = specialised(({ rows, maxPositions, ring }: AdvanceSpec): Kernel => {
  const perRow = (access: Binding['access']): Binding => ({ type: 'u32', access, shape: [rows] })
  return {
    name: 'advance',
    bindings: {
      token: perRow('read'),
      tokens: perRow('write'),
      positions: perRow('update'),
      ...(ring !== null
        ? {
            ids: { type: 'u32', access: 'update', shape: [rows, ring] } as const,
            drawn: perRow('update'),
            stop: { type: 'u32', access: 'read', shape: [STOP_TOKENS] } as const,
            done: perRow('update'),
          }
        : {}),
    },
    workgroup: WORKGROUP,
    wgsl: () => `
fn kernel(group: vec3<u32>, local: u32) {
  let row = group.y * ${WORKGROUP}u + local;
  if (row >= ${rowsWgsl(rows)}) { return; }
  let next = token[row];
  tokens[row] = next;
  positions[row] = min(positions[row] + 1u, ${maxPositions - 1}u);
  ${
    ring !== null
      ? `ids[row * ${ring}u + drawn[row] % ${ring}u] = next;
  drawn[row] += 1u;
  for (var i = 0u; i < ${STOP_TOKENS}u; i++) {
    if (stop[i] == next && next != 0xffffffffu) { done[row] = 1u; }
  }`
      : ''
  }
}`,
    grid: (live) => [1, Math.ceil(dimOf(rows, live) / WORKGROUP), 1],
    cost: (live) => ({ flops: 0, bytes: dimOf(rows, live) * 24 }),
  }
})
