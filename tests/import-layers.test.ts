import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, expect, test } from 'vitest'

const SRC = join(import.meta.dirname, '..', 'src')

/** Who may import whom, as docs and README give it. Files of a layer may always import each other. */
const LAYERS: Record<string, string[]> = {
  protocol: [],
  lib: [],
  files: ['protocol', 'lib'],
  gpu: ['protocol', 'lib'],
  runs: ['protocol', 'lib'],
  dataset: ['files', 'protocol', 'lib'],
  tokens: ['dataset', 'files', 'protocol', 'lib'],
  batches: ['tokens', 'dataset', 'files', 'protocol', 'lib'],
  kernels: ['gpu', 'lib'],
  model: ['files', 'protocol', 'lib'],
  engine: ['model', 'kernels', 'gpu', 'protocol', 'lib'],
  portable: ['model', 'protocol', 'lib'],
  trainer: ['protocol', 'batches', 'lib'],
  generate: ['protocol', 'batches', 'lib'],
  export: ['files', 'model', 'runs', 'protocol', 'lib'],
  storage: ['runs', 'protocol', 'lib'],
  client: ['protocol'],
  ui: ['protocol', 'runs', 'lib', 'client'],
  // The entries put the page and the client together.
  entry: ['ui', 'client', 'protocol', 'lib'],
}
LAYERS.workers = Object.keys(LAYERS).filter((layer) => layer !== 'ui' && layer !== 'entry')

/** The page's side of the worker border. */
const CLIENT = /^workers\/(client|worker-host|bridge|headless|headless-entry)\.ts$/

/** Packages that a layer may use, where that is part of its contract. */
const PACKAGES: Record<string, string[]> = {
  protocol: ['valibot'],
  client: ['comlink'],
  kernels: [],
  gpu: [],
}

function layerOf(file: string): string {
  if (CLIENT.test(file)) return 'client'
  return file.includes('/') ? file.slice(0, file.indexOf('/')) : 'entry'
}

function sources(folder = SRC): string[] {
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name)
    if (statSync(path).isDirectory()) return sources(path)
    return /\.tsx?$/.test(name) ? [relative(SRC, path).replaceAll('\\', '/')] : []
  })
}

/** Every module that a text imports, exports from, or loads; those of types too. */
function importsOf(text: string): string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '')
  const found: string[] = []
  for (const pattern of [
    /^\s*(?:import|export)\s[^'"`;]*?\sfrom\s+['"]([^'"]+)['"]/gm,
    /^\s*import\s+['"]([^'"]+)['"]/gm,
    /\bimport\(\s*['"]([^'"]+)['"]\s*\)/g,
  ])
    for (const [, name] of code.matchAll(pattern)) found.push(name!.replace(/\?.*$/, ''))
  return found
}

const graph = new Map(
  sources().map((file) => {
    const names = importsOf(readFileSync(join(SRC, file), 'utf8'))
    const own = names
      .filter((name) => name.startsWith('.'))
      .map((name) => relative(SRC, join(SRC, dirname(file), name)).replaceAll('\\', '/'))
    return [file, { own, packages: names.filter((name) => !name.startsWith('.')) }] as const
  }),
)

/** The first circle found, as the files on it; null where there is none. */
function circle(edges: ReadonlyMap<string, readonly string[]>): string[] | null {
  const done = new Set<string>()
  const path: string[] = []
  const visit = (file: string): string[] | null => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file]
    if (done.has(file)) return null
    path.push(file)
    for (const next of edges.get(file) ?? []) {
      const found = visit(next)
      if (found) return found
    }
    path.pop()
    done.add(file)
    return null
  }
  for (const file of edges.keys()) {
    const found = visit(file)
    if (found) return found
  }
  return null
}

describe('imports', () => {
  test('are read from every form they are written in', () => {
    const text = [
      "import a from './a.ts'",
      "import {\n  b,\n  type B,\n} from './b.ts'",
      "import type { C } from './c.ts'",
      "export * from './d.ts'",
      "import './e.css'",
      "const f = await import('./f.ts')",
      "// import g from './g.ts'",
      "/* import h from './h.ts' */",
      "const text = 'from elsewhere'",
    ].join('\n')
    expect(importsOf(text).sort()).toEqual(['./a.ts', './b.ts', './c.ts', './d.ts', './e.css', './f.ts'])
  })

  test('of every source folder belong to a known layer', () => {
    expect(graph.size).toBeGreaterThan(50)
    expect([...graph.keys()].filter((file) => !(layerOf(file) in LAYERS))).toEqual([])
  })

  test('keep to the layers', () => {
    const wrong: string[] = []
    for (const [file, { own }] of graph)
      for (const target of own) {
        const [from, to] = [layerOf(file), target.startsWith('..') ? 'outside' : layerOf(target)]
        if (from !== to && !LAYERS[from]!.includes(to)) wrong.push(`${file} -> ${target}`)
      }
    expect(wrong).toEqual([])
  })

  test('of packages keep to the contract of their layer', () => {
    const wrong: string[] = []
    for (const [file, { packages }] of graph)
      for (const name of packages) {
        const allowed = PACKAGES[layerOf(file)]
        if (allowed && !allowed.includes(name)) wrong.push(`${file} -> ${name}`)
      }
    expect(wrong).toEqual([])
  })

  test('form no circle', () => {
    expect(circle(new Map([...graph].map(([file, { own }]) => [file, own])))).toBeNull()
    expect(
      circle(
        new Map([
          ['a', ['b']],
          ['b', ['c']],
          ['c', ['b']],
        ]),
      ),
    ).toEqual(['b', 'c', 'b'])
  })
})
