import { expect, test } from 'vitest'
import { ropeTable } from '../../src/lib/rope.ts'

const [POSITIONS, WIDTH, THETA] = [5, 64, 10_000]

test('pairs are cos and sin of position times theta to the -2i / width', () => {
  const table = ropeTable(POSITIONS, WIDTH, THETA, 8)
  for (let p = 0; p < POSITIONS; p++)
    for (let i = 0; i < WIDTH / 2; i++) {
      const angle = (p / 8) * THETA ** ((-2 * i) / WIDTH)
      expect(table[p * WIDTH + 2 * i]).toBeCloseTo(Math.cos(angle), 6)
      expect(table[p * WIDTH + 2 * i + 1]).toBeCloseTo(Math.sin(angle), 6)
    }
})

test('with a share the quickest pairs are as they were, and the rest stands still', () => {
  const [whole, quarter] = [1, 0.25].map((rotated) => ropeTable(POSITIONS, WIDTH, THETA, 1, rotated))
  for (let p = 0; p < POSITIONS; p++) {
    const row = (table: Float32Array) => [...table.subarray(p * WIDTH, (p + 1) * WIDTH)]
    expect(row(quarter!).slice(0, WIDTH / 4)).toEqual(row(whole!).slice(0, WIDTH / 4))
    expect(row(quarter!).slice(WIDTH / 4)).toEqual(
      Array.from({ length: (WIDTH * 3) / 8 }, () => [1, 0]).flat(),
    )
  }
})
