import { readdirSync, readFileSync, statSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, expect, test } from 'vitest'

const ROOT = join(import.meta.dirname, '..')

/**
 * Who may import whom: the table of docs/architecture.md. A layer is a folder of `src`, a floor of `src/ui`, or what `PARTS` names.
 * Files of a layer may always import each other.
 */
const LAYERS = layersOf(readFileSync(join(ROOT, 'docs', 'architecture.md'), 'utf8'))

/** Files that do not belong to the layer of their folder. */
const PARTS: [layer: string, files: RegExp][] = [
  // Its pages quote the studio's own texts.
  ['guide', /^cli\/guide\//],
  // The page's side of the worker border.
  [
    'client',
    /^src\/workers\/(client|chat-client|worker-host|bridge|headless|headless-class|headless-entry|headless-evaluate|headless-minutes|hub-access|hub-oauth|kept-news|run-news)\.ts$/,
  ],
  // What commands are made of, and benchmarks too.
  [
    'tooling',
    /^cli\/(args|browser|build|chromium|embed-script|findings|first-load|later-files|licences|one-file-build|progress|python|release-files|report|server|service-worker|stage|trusted-build|whole-app)\.(ts|mjs)$/,
  ],
]

/** Packages that a layer may use, where that is part of its contract. */
const PACKAGES: Record<string, string[]> = {
  protocol: ['valibot'],
  client: ['comlink', '@huggingface/hub'],
  kernels: [],
  gpu: [],
}

/** @returns a row for each layer: those that it may import. "Everything but" is meant of the layers of the table; `ui` there means its floors too. */
function layersOf(page: string): Record<string, string[]> {
  const lines = page.split('\n')
  const head = lines.findIndex((line) => /^\| *layer *\| *may import *\|/.test(line))
  const rows = lines.slice(head + 2, head < 0 ? 0 : lines.indexOf('', head))
  const named = (cell: string) => [...cell.matchAll(/`([^`]+)`/g)].map(([, name]) => name!)
  const cells = rows.map((row) => row.split('|').slice(1, 3) as [string, string])
  const all = cells.flatMap(([layers]) => named(layers))
  return Object.fromEntries(
    cells.flatMap(([layers, may]) => {
      const names = named(may)
      const allowed = /everything but/.test(may)
        ? all.filter((layer) => !names.some((name) => layer === name || layer.startsWith(`${name}/`)))
        : names
      return named(layers).map((layer) => [layer, allowed.filter((other) => other !== layer)])
    }),
  )
}

function layerOf(file: string): string {
  const part = PARTS.find(([, files]) => files.test(file))
  if (part) return part[0]
  const [root, folder, floor, inner] = file.split('/') as [string, ...(string | undefined)[]]
  if (root !== 'src') return ['cli', 'bench'].includes(root) ? root : 'outside'
  if (folder === 'ui') return inner ? `ui/${floor}` : 'ui'
  return floor ? folder! : 'entry'
}

function sources(folder: string): string[] {
  return readdirSync(join(ROOT, folder)).flatMap((name) => {
    const path = `${folder}/${name}`
    if (statSync(join(ROOT, path)).isDirectory()) return sources(path)
    return /\.(tsx?|mjs)$/.test(name) ? [path] : []
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
  ['src', 'cli', 'bench'].flatMap(sources).map((file) => {
    const names = importsOf(readFileSync(join(ROOT, file), 'utf8'))
    const own = names
      .filter((name) => name.startsWith('.'))
      .map((name) => relative(ROOT, join(ROOT, dirname(file), name)).replaceAll('\\', '/'))
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

  test('are allowed by a table that names every layer there is, and no other', () => {
    expect(graph.size).toBeGreaterThan(400)
    const layers = new Set([...graph.keys()].map(layerOf))
    expect(Object.keys(LAYERS).sort()).toEqual([...layers].sort())
    expect(
      layersOf('| layer | may import |\n|---|---|\n| `a`, `b` | nothing |\n| `c` | everything but `b` |\n'),
    ).toEqual({
      a: [],
      b: [],
      c: ['a'],
    })
  })

  test('leave the lowest layers alone, and the page out of everything else', () => {
    for (const layer of ['protocol', 'lib']) expect(LAYERS[layer]).toEqual([])
    for (const [layer, allowed] of Object.entries(LAYERS))
      if (layer !== 'entry' && !/^ui/.test(layer))
        // The guide quotes what the page says, and no more of it.
        expect(
          allowed.filter((to) => /^ui/.test(to) && !(layer === 'guide' && to === 'ui/messages')),
        ).toEqual([])
  })

  test('keep to the layers', () => {
    const wrong: string[] = []
    for (const [file, { own }] of graph)
      for (const target of own) {
        const [from, to] = [layerOf(file), layerOf(target)]
        if (/\.css$/.test(target) || target === 'package.json') continue
        // A test that is too long for `npm test`.
        if (/^cli\/verify\//.test(file) && /^tests\/support\//.test(target)) continue
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

  test('form no circle, neither of files nor of layers', () => {
    expect(circle(new Map([...graph].map(([file, { own }]) => [file, own])))).toBeNull()
    expect(circle(new Map(Object.entries(LAYERS)))).toBeNull()
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
