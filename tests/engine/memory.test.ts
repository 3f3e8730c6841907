import { describe, expect, test } from 'vitest'
import { mulberry } from '../../src/engine/check/values.ts'
import type { Dims, Kernel } from '../../src/gpu/kernel.ts'
import { planMemory, sharedSlots, tensorBytes } from '../../src/gpu/memory.ts'
import { Tape, type Tensor } from '../../src/gpu/tape.ts'

const dims: Dims = { tokens: 10, supervised: 3, sequences: 1 }

function kernel(reads: Tensor[], writes: Tensor[]): Kernel {
  const binding = (t: Tensor, access: 'read' | 'write') => ({ type: 'f32' as const, access, shape: t.shape })
  return {
    name: 'k',
    bindings: Object.fromEntries([
      ...reads.map((t, i) => [`r${i}`, binding(t, 'read')]),
      ...writes.map((t, i) => [`w${i}`, binding(t, 'write')]),
    ]),
    workgroup: 1,
    wgsl: () => '',
    grid: () => [1, 1, 1],
  }
}

function run(tape: Tape, reads: Tensor[], writes: Tensor[]): void {
  tape.run(
    kernel(reads, writes),
    Object.fromEntries([...reads.map((t, i) => [`r${i}`, t]), ...writes.map((t, i) => [`w${i}`, t])]),
  )
}

describe('memory planner', () => {
  test('no two tensors that live at once share a slot, over random programs', () => {
    for (let seed = 0; seed < 60; seed++) {
      const random = mulberry(seed)
      const tape = new Tape()
      const made: Tensor[] = [tape.input('x', ['tokens', 8])]
      for (let i = 0; i < 40; i++) {
        const reads = [
          ...new Set(
            Array.from({ length: 1 + random() * 3 }, () => made[Math.floor(random() * made.length)]!),
          ),
        ]
        const writes = Array.from({ length: random() < 0.2 ? 2 : 1 }, (_, k) =>
          tape.tensor(`t${i}.${k}`, ['tokens', 1 + Math.floor(random() * 50)]),
        )
        run(tape, reads, writes)
        made.push(...writes)
      }
      const layout = planMemory(tape.dispatches, dims)
      const span = new Map<Tensor, [number, number]>()
      tape.dispatches.forEach(({ tensors }, i) => {
        for (const t of Object.values(tensors)) span.set(t, [span.get(t)?.[0] ?? i, i])
      })
      const entries = [...layout.slotOf]
      for (const [a, slot] of entries) {
        expect(layout.slots[slot]!.bytes).toBeGreaterThanOrEqual(tensorBytes(a, dims))
        for (const [b, other] of entries) {
          if (a === b || slot !== other) continue
          const [x, y] = [span.get(a)!, span.get(b)!]
          expect(x[1] < y[0] || y[1] < x[0], `${a.name} and ${b.name} share slot ${slot}`).toBe(true)
        }
      }
    }
  })

  test('a chain needs two slots, however long', () => {
    const tape = new Tape()
    let x = tape.input('x', ['tokens', 4])
    for (let i = 0; i < 20; i++) {
      const y = tape.tensor(`y${i}`, ['tokens', 4])
      run(tape, [x], [y])
      x = y
    }
    const layout = planMemory(tape.dispatches, dims)
    expect(layout.slots).toHaveLength(2)
    expect(layout.bytes).toBe(2 * 160)
  })

  test('layouts that take turns share buffers', () => {
    const layout = (...bytes: number[]) => ({
      slots: bytes.map((b) => ({ bytes: b })),
      slotOf: new Map(),
      bytes: 0,
      largestBinding: 0,
    })
    expect(sharedSlots([layout(100, 50), layout(80, 70, 10)])).toEqual([100, 70, 10])
  })
})

describe('tape', () => {
  /** x -> a -> b, with b's gradient reading a. */
  function program(policy: 'everything' | 'nothing') {
    const tape = new Tape()
    const x = tape.input('x', ['tokens', 4])
    const w = tape.input('w', ['tokens', 4])
    tape.parameter(w, tape.input('dw', ['tokens', 4]))
    const [a, b] = tape.scope(policy, () => {
      const first = tape.tensor('a', ['tokens', 4])
      run(tape, [x, w], [first])
      const second = tape.tensor('b', ['tokens', 4])
      run(tape, [first, w], [second])
      tape.vjp([w], [second], ([db]) => {
        const dw = tape.grad(w)!
        expect(dw.add).toBe(true)
        run(tape, [db!, first], [tape.tensor('use', ['tokens', 4])])
      })
      return [first, second]
    })
    tape.seed(b, tape.input('db', ['tokens', 4]))
    tape.backward()
    return { tape, a }
  }

  test('keeps what the policy keeps', () => {
    const { tape, a } = program('everything')
    expect(tape.dispatches).toHaveLength(3)
    expect(Object.values(tape.dispatches[2]!.tensors)).toContain(a)
  })

  test('computes again what it does not keep', () => {
    const { tape, a } = program('nothing')
    expect(tape.dispatches).toHaveLength(4)
    expect(tape.dispatches[2]!.kernel).toBe(tape.dispatches[0]!.kernel)
    const read = Object.values(tape.dispatches[3]!.tensors)
    expect(read).not.toContain(a)
    expect(read.map((t) => t.name)).toContain('a again')
  })

  test('refuses a tensor of another size, and an unknown binding', () => {
    const tape = new Tape()
    const x = tape.input('x', ['tokens', 4])
    const y = tape.tensor('y', ['tokens', 5])
    const k = kernel([x], [tape.tensor('z', ['tokens', 4])])
    expect(() => tape.run(k, { r0: x, w0: y })).toThrow(/\[tokens,5\]/)
    expect(() => tape.run(k, { r0: x })).toThrow(/no tensor/)
  })

  test('refuses to change a tensor after it was read', () => {
    const tape = new Tape()
    const x = tape.input('x', ['tokens', 4])
    const y = tape.tensor('y', ['tokens', 4])
    run(tape, [x], [y])
    run(tape, [y], [tape.tensor('z', ['tokens', 4])])
    expect(() => run(tape, [x], [y])).toThrow(/after it was read/)
  })
})
