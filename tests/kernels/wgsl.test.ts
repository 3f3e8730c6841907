import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { GEMMA_270M } from '../../bench/shapes.ts'
import { checkedOperations } from '../../src/engine/check/cases.ts'
import { ALL, tapeOf } from '../../src/engine/check/operation.ts'
import { planEngine } from '../../src/engine/plan.ts'
import { shaderText } from '../../src/gpu/kernel.ts'
import { SCALARS_WGSL } from '../../src/gpu/scalars.ts'
import type { Tape } from '../../src/gpu/tape.ts'
import { parseRunConfig } from '../../src/protocol/run-config.ts'

/**
 * The text of every kernel and variant, so that a change of it is seen where changes are read. __snapshots__/NAME.wgsl.txt holds whole texts: of
 * each kernel one, and further ones where an operation writes a line, numbers aside, that no text before them has;
 * __snapshots__/index.txt the hash of each text there is. After a change that is meant:
 *
 *   npx vitest run --project unit tests/kernels/wgsl.test.ts -u
 */
const FOLDER = new URL('./__snapshots__/', import.meta.url)
const MOST_BYTES = 1_500_000

interface Source {
  name: string
  tape: Tape
}

/** Choices by which each variant is taken once. */
function choicesOf({ asked }: Tape): Record<string, string>[] {
  const names = [...asked].map(([key, variants]) => [key, Object.keys(variants)] as const)
  const runs = Math.max(0, ...names.map(([, variants]) => variants.length))
  return Array.from({ length: runs }, (_, run) =>
    Object.fromEntries(names.map(([key, variants]) => [key, variants[run % variants.length]!])),
  )
}

function sources(): Source[] {
  const checked = checkedOperations().flatMap(({ cases }) =>
    cases.flatMap((c) => [
      { name: c.name, tape: tapeOf(c) },
      { name: `${c.name}, gradients added`, tape: tapeOf(c, ALL) },
      // Some kernels run only beside a variant that is not the default.
      ...choicesOf(tapeOf(c)).map((choices) => ({
        name: `${c.name}, ${Object.values(choices).join(', ')}`,
        tape: tapeOf({ ...c, choices }),
      })),
    ]),
  )
  const { lora } = parseRunConfig({ lora: { target_modules: 'all-linear', lora_dropout: 0.1 } })
  const plan = planEngine({
    model: GEMMA_270M,
    lora,
    maxTokens: 2048,
    maxSupervised: 2048,
    recompute: 'layer',
    decode: { sequences: 4, positions: 512 },
  })
  const planned = Object.entries(plan.tapes).map(([name, tape]) => ({
    name: `Gemma 3 270M, ${name}`,
    tape: tape!.tape,
  }))
  return [...checked, ...planned]
}

/** Whole texts by kernel, and a line with the hash of each text. */
function texts(): { files: Map<string, string>; index: string } {
  const files = new Map<string, string>()
  const hashes = new Set<string>()
  const shapes = new Map<string, Set<string>>()
  for (const { name: from, tape } of sources())
    for (const kernel of tape.kernels()) {
      const whole = shaderText(kernel)
      const hash = `${kernel.name} ${createHash('sha256').update(whole).digest('hex').slice(0, 16)}`
      if (hashes.has(hash)) continue
      hashes.add(hash)
      const text = whole.replace(`${SCALARS_WGSL}\n`, '')
      const operation = kernel.name.split('.').slice(0, 2).join('.')
      const known = shapes.get(operation) ?? new Set()
      shapes.set(operation, known)
      const lines = text.split('\n').map((line) => line.trim().replaceAll(/\d+/g, '#'))
      const before = files.get(kernel.name) ?? ''
      if (before === '' || lines.some((line) => !known.has(line)))
        files.set(kernel.name, `${before}// ${from}\n${text}`)
      for (const line of lines) known.add(line)
    }
  return { files, index: `${[...hashes].sort().join('\n')}\n` }
}

const { files, index } = texts()

describe('the text of each kernel and variant', () => {
  for (const [name, text] of files)
    test(name, () => expect(text).toMatchFileSnapshot(`./__snapshots__/${name}.wgsl.txt`))
  test('and the hash of each there is', () => expect(index).toMatchFileSnapshot('./__snapshots__/index.txt'))
  test('and of the uniform block', () =>
    expect(`${SCALARS_WGSL}\n`).toMatchFileSnapshot('./__snapshots__/scalars.wgsl.txt'))

  test('is all that lies there: what no kernel writes any more is to be removed', () => {
    const wanted = new Set(['index.txt', ...[...files.keys(), 'scalars'].map((name) => `${name}.wgsl.txt`)])
    if (!existsSync(FOLDER)) return
    expect(readdirSync(FOLDER).filter((file) => !wanted.has(file))).toEqual([])
  })

  test('is small enough to keep', () => {
    const bytes = [...files.values()].reduce((sum, text) => sum + text.length, index.length)
    expect(bytes).toBeLessThan(MOST_BYTES)
  })
})

describe('every kernel of src/kernels', () => {
  const folder = new URL('../../src/kernels/', import.meta.url)
  for (const file of readdirSync(folder)) {
    const text = readFileSync(new URL(file, folder), 'utf8')
    const named = namesIn(text)
    const kernels = text.match(/^ +grid: /gm)?.length ?? 0
    if (kernels === 0) continue
    test(`of ${file}`, () => {
      expect(named).toHaveLength(kernels)
      for (const { source, pattern } of named)
        expect(
          [...files.keys()].some((name) => pattern.test(name)),
          `no text of ${source}: add a case to src/engine/check/cases.ts`,
        ).toBe(true)
    })
  }

  test('a name that no text bears is told', () => {
    const filled = ["way === 'in' ? 'forward' : 'backward'"].map((text) => `$\{${text}}`)
    const [none] = namesIn(`    name: \`new_kernel.${filled}\`,\n    bindings`)
    expect(none!.pattern.test('new_kernel.forward')).toBe(true)
    expect([...files.keys()].some((name) => none!.pattern.test(name))).toBe(false)
  })
})

/** Names of kernels in a file's text; what is filled in is one of the literals there, or anything. */
function namesIn(text: string): { source: string; pattern: RegExp }[] {
  return [...text.matchAll(/^ +name: ([`'])(.+)\1,\n +bindings/gm)].map(([, , source]) => {
    const pattern = source!
      .split(/(\$\{[^{}]*\})/)
      .map((part) => {
        if (!part.startsWith('${')) return part.replaceAll('.', '\\.')
        const literals = [...part.matchAll(/'([\w.]+)'/g)].map(([, literal]) => literal)
        return literals.length > 0 ? `(${literals.join('|')})` : '.+'
      })
      .join('')
    return { source: source!, pattern: new RegExp(`^${pattern}(\\.|$)`) }
  })
}
