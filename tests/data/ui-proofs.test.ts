import { expect, test } from 'vitest'
import type { Studio } from '../../src/protocol/studio.ts'
import { createProofs } from '../../src/ui/state/proofs.ts'

test('a proof that is made is not being made any more', async () => {
  let tell: (share: number) => void = () => {}
  const ends: (() => void)[] = []
  const prove: Studio['runs']['prove'] = (_run, _which, call) => {
    tell = (share) => call?.onProgress?.({ share })
    return new Promise((done) => ends.push(() => done(undefined as never)))
  }
  const proofs = createProofs({ runs: { prove } } as unknown as Studio)
  const first = proofs.ensure('a', 'last')
  tell(0.5)
  expect(proofs.making('a')).toBe(0.5)
  ends[0]!()
  expect(await first).toBe(true)
  expect(proofs.making('a')).toBe(undefined)
  const second = proofs.ensure('b', 'last')
  tell(0.2)
  expect([proofs.making('a'), proofs.making('b')]).toEqual([undefined, 0.2])
  ends[1]!()
  await second
  expect(proofs.making('b')).toBe(undefined)
})
