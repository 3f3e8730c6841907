import type { ModelConfig } from '../protocol/model.ts'
import { hasFma, hasSimd } from './simd/kernels.ts'
import { suitsProducts } from './simd/model-layout.ts'
import { onWasm } from './wasm.ts'

/** Whose head: our own in WebAssembly, or TensorFlow.js' in tiles. Their sums differ in the last bits. */
export const HEAD = 'portable.head'
export type HeadChoice = 'simd' | 'tiles'
/** Whose products of layers: our own in WebAssembly, with or without multiply-adds that round once, or TensorFlow.js'. */
export const PRODUCTS = 'portable.products'
export type ProductsChoice = 'fma' | 'simd' | 'tensorflow'

/** @param choices of an earlier run, which are kept where this machine can; else the quickest */
export function headChoice({ finalSoftCap }: ModelConfig, choices: Record<string, string>): HeadChoice {
  return finalSoftCap === null && choices[HEAD] !== 'tiles' && onWasm() && hasSimd() ? 'simd' : 'tiles'
}

/** A run that recorded its head alone was begun before there were products of our own. */
export function productsChoice(config: ModelConfig, choices: Record<string, string>): ProductsChoice {
  const wanted = choices[PRODUCTS] ?? (choices[HEAD] ? 'tensorflow' : 'fma')
  if (wanted === 'tensorflow' || !onWasm() || !hasSimd() || !suitsProducts(config)) return 'tensorflow'
  return wanted === 'fma' && hasFma() ? 'fma' : 'simd'
}
