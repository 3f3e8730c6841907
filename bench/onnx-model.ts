import { bf16ToF32 } from '../src/lib/bf16.ts'
import { ropeTable } from '../src/lib/rope.ts'
import type { ModelSource } from '../src/protocol/model.ts'
import { OnnxGraph } from './onnx-writer.ts'
import { sharedSizes } from './shapes.ts'

/**
 * A Gemma 3 with one kv head as an ONNX model of plain operators with a KV cache, for one sequence: `input_ids` [1, new],
 * `position_ids` [1, new], `mask_local` and `mask_global` [1, 1, new, all] (0 or a large negative number),
 * `past_key_values.N.key|value` [1, 1, past, head_dim]; gives `logits` [1, new, vocab] and `present.N.key|value`.
 * Names as Transformers.js has them.
 */
export async function onnxModel({ config, weights }: ModelSource): Promise<Uint8Array> {
  const { numHeads, hiddenSize, vocabSize, rmsNormEps } = config
  const { headDim, kvHeads } = sharedSizes(config)
  if (kvHeads !== 1) throw new Error('only models with one kv head are written as ONNX')
  const g = new OnnxGraph()
  const read = async (name: string) => {
    const shape = weights.tensors.get(`${name}.weight`)!.shape
    const bytes = await weights.read(`${name}.weight`, 0, shape.reduce((a, b) => a * b, 1) * 2)
    return { shape, values: bf16ToF32(new Uint16Array(bytes.slice().buffer)) }
  }
  const epsilon = g.scalar(rmsNormEps)
  const norm = async (x: string, name: string) => {
    const { values, shape } = await read(name)
    const weight = g.floats(
      values.map((w) => w + 1),
      shape,
    )
    const size = g.op('ReduceMean', [g.op('Mul', [x, x])], { axes: [-1], keepdims: 1 })
    return g.op('Mul', [g.op('Div', [x, g.op('Sqrt', [g.op('Add', [size, epsilon])])]), weight])
  }
  const project = async (x: string, name: string) => {
    const { values, shape } = await read(name)
    return g.op('MatMul', [x, g.floats(transposed(values, shape[0]!, shape[1]!), [shape[1]!, shape[0]!])])
  }
  const ids = g.input('input_ids', [1, 'new'], 'int64')
  const positions = g.input('position_ids', [1, 'new'], 'int64')
  const masks = {
    local: g.input('mask_local', [1, 1, 'new', 'all']),
    global: g.input('mask_global', [1, 1, 'new', 'all']),
  }
  const tables = new Map<number, [string, string]>()
  const rope = (theta: number) => {
    const known = tables.get(theta)
    if (known) return known
    const table = ropeTable(config.maxPositions, headDim, theta)
    const rows = (odd: number) => {
      const values = Float32Array.from({ length: table.length / 2 }, (_, i) => table[2 * i + odd]!)
      return g.op('Unsqueeze', [
        g.op('Gather', [g.floats(values, [config.maxPositions, headDim / 2]), positions]),
        g.whole([1]),
      ])
    }
    const made: [string, string] = [rows(0), rows(1)]
    tables.set(theta, made)
    return made
  }
  const halves = g.whole([headDim / 2, headDim / 2])
  const rotate = (x: string, layer: number) => {
    const [cos, sin] = rope(config.layers[layer]!.rope.theta)
    const [first, second] = g.ops('Split', [x, halves], 2, { axis: -1 }) as [string, string]
    const left = g.op('Sub', [g.op('Mul', [first, cos]), g.op('Mul', [second, sin])])
    const right = g.op('Add', [g.op('Mul', [second, cos]), g.op('Mul', [first, sin])])
    return g.op('Concat', [left, right], { axis: -1 })
  }
  const shapes = {
    q: g.whole([0, 0, numHeads, headDim]),
    k: g.whole([0, 0, 1, headDim]),
    o: g.whole([0, 0, numHeads * headDim]),
  }
  const heads = async (x: string, name: string, shape: string) =>
    g.op('Reshape', [await project(x, name), shape])
  const ahead = { perm: [0, 2, 1, 3] }

  const embedding = await read('model.embed_tokens')
  const table = g.floats(embedding.values, [vocabSize, hiddenSize])
  let x = g.op('Mul', [g.op('Gather', [table, ids]), g.scalar(config.embeddingScale)])
  for (const [layer, { window }] of config.layers.entries()) {
    const at = `model.layers.${layer}`
    const h = await norm(x, `${at}.input_layernorm`)
    const q = g.op(
      'Transpose',
      [await norm(await heads(h, `${at}.self_attn.q_proj`, shapes.q), `${at}.self_attn.q_norm`)],
      ahead,
    )
    const k = g.op(
      'Transpose',
      [await norm(await heads(h, `${at}.self_attn.k_proj`, shapes.k), `${at}.self_attn.k_norm`)],
      ahead,
    )
    const v = g.op('Transpose', [await heads(h, `${at}.self_attn.v_proj`, shapes.k)], ahead)
    const cached = (what: 'key' | 'value', fresh: string) => {
      const past = g.input(`past_key_values.${layer}.${what}`, [1, 1, 'past', headDim])
      const all = g.op('Concat', [past, fresh], { axis: 2 })
      g.output(`present.${layer}.${what}`, all, [1, 1, 'all', headDim])
      return all
    }
    const keys = g.op('Transpose', [cached('key', rotate(k, layer))], { perm: [0, 1, 3, 2] })
    const scores = g.op('Mul', [g.op('MatMul', [rotate(q, layer), keys]), g.scalar(config.queryScale)])
    const mask = window === null ? masks.global : masks.local
    const seen = g.op('Softmax', [g.op('Add', [scores, mask])], { axis: -1 })
    const mixed = g.op('Transpose', [g.op('MatMul', [seen, cached('value', v)])], ahead)
    const attended = await project(g.op('Reshape', [mixed, shapes.o]), `${at}.self_attn.o_proj`)
    x = g.op('Add', [x, await norm(attended, `${at}.post_attention_layernorm`)])
    const m = await norm(x, `${at}.pre_feedforward_layernorm`)
    const inner = g.op('Mul', [
      gelu(g, await project(m, `${at}.mlp.gate_proj`)),
      await project(m, `${at}.mlp.up_proj`),
    ])
    x = g.op('Add', [
      x,
      await norm(await project(inner, `${at}.mlp.down_proj`), `${at}.post_feedforward_layernorm`),
    ])
  }
  const head = g.floats(transposed(embedding.values, vocabSize, hiddenSize), [hiddenSize, vocabSize])
  g.output('logits', g.op('MatMul', [await norm(x, 'model.norm'), head]), [1, 'new', vocabSize])
  return g.bytes()
}

/** With tanh. */
function gelu(g: OnnxGraph, x: string): string {
  const cube = g.op('Mul', [g.op('Mul', [x, g.op('Mul', [x, x])]), g.scalar(0.044715)])
  const inner = g.op('Mul', [g.op('Add', [x, cube]), g.scalar(Math.sqrt(2 / Math.PI))])
  return g.op('Mul', [g.op('Mul', [x, g.scalar(0.5)]), g.op('Add', [g.op('Tanh', [inner]), g.scalar(1)])])
}

function transposed(values: Float32Array, rows: number, columns: number): Float32Array<ArrayBuffer> {
  const out = new Float32Array(values.length)
  for (let r = 0; r < rows; r++)
    for (let c = 0; c < columns; c++) out[c * rows + r] = values[r * columns + c]!
  return out
}
