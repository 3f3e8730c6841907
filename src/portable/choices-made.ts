import type { ModelConfig } from '../protocol/model.ts'
import type { Own } from './plan.ts'
import { hasFma, hasSimd } from './simd/kernels.ts'
import { suitsProducts } from './simd/model-layout.ts'
import { onWasm } from './wasm.ts'

/** Whose head: our own in WebAssembly, or TensorFlow.js' in tiles. Their sums differ in the last bits. */
export const HEAD = 'portable.head'
export type HeadChoice = 'simd' | 'tiles'
/** Whose products of layers: our own in WebAssembly, with or without multiply-adds that round once, or TensorFlow.js'. */
export const PRODUCTS = 'portable.products'
export type ProductsChoice = 'fma' | 'simd' | 'tensorflow'

/**
 * Whose layers of whole batches, between the products: our own in WebAssembly, on all threads, or TensorFlow.js'. Their sums differ in
 * the last bits.
 */
export const LAYERS = 'portable.layers'
export type LayersChoice = 'own' | 'tensorflow'

/** What a run is computed with, as it records it. */
export interface Choices {
  head: HeadChoice
  products: ProductsChoice
  layers: LayersChoice
}

/** @param choices of an earlier run, which are kept where this machine can; else the quickest */
export function choicesMade(config: ModelConfig, choices: Record<string, string>): Choices {
  const products = productsChoice(config, choices)
  // A run that recorded its head or products alone was begun before there were layers of our own.
  const before = (choices[PRODUCTS] ?? choices[HEAD]) ? 'tensorflow' : 'own'
  const wanted = choices[LAYERS] ?? before
  const layers = products === 'tensorflow' || wanted === 'tensorflow' ? 'tensorflow' : 'own'
  return { head: headChoice(config, choices), products, layers }
}

/** @param choices of an earlier run, which are kept where this machine can; else the quickest */
function headChoice({ finalSoftCap }: ModelConfig, choices: Record<string, string>): HeadChoice {
  return finalSoftCap === null && choices[HEAD] !== 'tiles' && onWasm() && hasSimd() ? 'simd' : 'tiles'
}

/** A run that recorded its head alone was begun before there were products of our own. */
function productsChoice(config: ModelConfig, choices: Record<string, string>): ProductsChoice {
  const wanted = choices[PRODUCTS] ?? (choices[HEAD] ? 'tensorflow' : 'fma')
  if (wanted === 'tensorflow' || !onWasm() || !hasSimd() || !suitsProducts(config)) return 'tensorflow'
  return wanted === 'fma' && hasFma() ? 'fma' : 'simd'
}

/** What a plan makes room for. */
export const wholeOf = ({ products, layers }: Choices): Own =>
  products === 'tensorflow' ? 'nothing' : layers === 'own' ? 'layers' : 'products'
