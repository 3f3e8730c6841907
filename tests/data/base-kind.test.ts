import { expect, test } from 'vitest'
import type { ModelInfo } from '../../src/protocol/studio.ts'
import { baseKind } from '../../src/runs/base-kind.ts'

test('a base is told to answer or to continue text by its name, else by what ends its answers', () => {
  const of = (name: string, eosTokenIds: number[]) =>
    baseKind({ name, config: { eosTokenIds } as ModelInfo['config'] })
  expect(of('gemma-3-270m-it', [1])).toBe('instruction')
  expect(of('gemma_Instruct', [1])).toBe('instruction')
  expect(of('gemma-3-270m-pt', [1, 106])).toBe('pretrained')
  expect(of('gemma-2-base', [1, 107])).toBe('pretrained')
  // A name with it in the middle says nothing.
  expect(of('my-it-model', [1])).toBe('pretrained')
  expect(of('my-pt-model', [1, 106])).toBe('instruction')
})
