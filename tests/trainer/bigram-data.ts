import { type Batch, IGNORE } from '../../src/protocol/batch.ts'
import type { TrainingData } from '../../src/trainer/data.ts'

/** Sentences of a made-up language of `words` words in which word w is mostly followed by 3w + 1. */
export function bigramData(
  options: { rows?: number; perBatch?: number; words?: number; seed?: number } = {},
) {
  const { rows = 13, perBatch = 2, words = 11, seed = 5 } = options
  const sentences = Array.from({ length: rows + 4 }, (_, row) => sentence(row, words, seed))
  const training = sentences.slice(0, rows)
  const batchesPerEpoch = Math.ceil(rows / perBatch)
  const data: TrainingData & { asked: [number, number][] } = {
    asked: [],
    batchesPerEpoch,
    batch(epoch, index) {
      data.asked.push([epoch, index])
      const order = shuffled(rows, epoch + seed)
      return flat(order.slice(index * perBatch, (index + 1) * perBatch).map((row) => training[row]!))
    },
    learnt(epoch, index) {
      const order = shuffled(rows, epoch + seed).slice(index * perBatch, (index + 1) * perBatch)
      return order.map((row) => ({ row, tokens: training[row]!.length - 1, made: false }))
    },
    *validation() {
      yield flat(sentences.slice(rows, rows + 3))
      yield flat(sentences.slice(rows + 3))
    },
  }
  return data
}

function sentence(row: number, words: number, seed: number): number[] {
  const length = 3 + ((row * 5 + seed) % 6)
  const tokens = [(row * 7 + seed) % words]
  while (tokens.length < length)
    tokens.push((tokens.at(-1)! * 3 + 1 + (tokens.length % 4 === 3 ? 2 : 0)) % words)
  return tokens
}

function shuffled(n: number, seed: number): number[] {
  const key = (i: number) => Math.imul(i + 1, 2654435761 + 2 * seed) >>> 0
  return Array.from({ length: n }, (_, i) => i).sort((a, b) => key(a) - key(b))
}

/** Concatenates sentences; each predicts its own next token, its last token nothing. */
export function flat(sentences: number[][]): Batch {
  const tokens: number[] = []
  const positions: number[] = []
  const segmentStart: number[] = []
  const labels: number[] = []
  for (const words of sentences) {
    const start = tokens.length
    for (const [i, word] of words.entries()) {
      tokens.push(word)
      positions.push(i)
      segmentStart.push(start)
      labels.push(words[i + 1] ?? IGNORE)
    }
  }
  const supervised = labels.flatMap((label, row) => (label === IGNORE ? [] : [row]))
  return {
    tokens: Uint32Array.from(tokens),
    positions: Uint32Array.from(positions),
    segmentStart: Uint32Array.from(segmentStart),
    labels: Int32Array.from(labels),
    supervisedRows: Uint32Array.from(supervised),
  }
}
