import { type Dim, type Dims, dimOf } from '../gpu/kernel.ts'

/**
 * Shared shape of kernels that handle each element of a [rows, width] array by itself (an element may be a vec4, see
 * rowVector): a grid with rows on y, so that slices fall between rows.
 */
export const ELEMENT_WORKGROUP = 64

export function elementGrid(rows: Dim, width: number): (live: Dims) => [number, number, number] {
  return (live) => [Math.ceil(width / ELEMENT_WORKGROUP), dimOf(rows, live), 1]
}

/** WGSL prologue: `row`, `column` and the flat index `i`; invocations past the width return. */
export function elementPrologue(width: number): string {
  return `
  let row = group.y;
  let column = group.x * ${ELEMENT_WORKGROUP}u + local;
  if (column >= ${width}u) { return; }
  let i = row * ${width}u + column;`
}

/** `target (+)= value` as WGSL. */
export function store(target: string, value: string, add: boolean): string {
  return `${target} = ${add ? `${target} + ` : ''}${value};`
}
