import { createHash } from 'node:crypto'
import { afterEach, expect, test, vi } from 'vitest'
import { Sha256, sha256Hex, sha256Stream } from '../../src/lib/hash.ts'

afterEach(() => vi.unstubAllGlobals())

/** FIPS 180-4 examples. */
const KNOWN = [
  ['', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  ['abc', 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad'],
] as const

test.each(KNOWN)('of "%s", with and without crypto.subtle', async (text, hash) => {
  expect(await sha256Hex(text)).toBe(hash)
  vi.stubGlobal('crypto', {})
  expect(await sha256Hex(text)).toBe(hash)
  expect(await sha256Hex(new TextEncoder().encode(text))).toBe(hash)
})

test('of pieces is that of the whole', async () => {
  const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => (i * 7) % 251)
  const expected = createHash('sha256').update(bytes).digest('hex')
  const pieces = [bytes.subarray(0, 1), bytes.subarray(1, 65_537), bytes.subarray(65_537)]
  let seen = 0
  expect(await sha256Stream(pieces, { onBytes: (n) => (seen = n) })).toBe(expected)
  expect(await sha256Stream(new Blob([bytes]).stream())).toBe(expected)
  expect(new Sha256().update(bytes).hex()).toBe(expected)
  expect(seen).toBe(100_000)
  await expect(sha256Stream(pieces, { signal: AbortSignal.abort() })).rejects.toThrow()
})
