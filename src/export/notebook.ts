/** A Jupyter notebook (nbformat 4.5) of a program whose sections begin with `# %% Title`. */

interface Cell {
  cell_type: 'code' | 'markdown'
  id: string
  metadata: object
  source: string[]
  outputs?: []
  execution_count?: null
}

const SECTION = /^# %% (.*)$/m

/**
 * Text before the first section, a docstring, becomes words; the last section, for the command line, is replaced.
 * @param before lines that run first
 * @param last lines in place of the last section
 */
export function notebookOf(program: string, before: string, last: string): string {
  const [head, ...rest] = program.split(SECTION)
  const sections = Array.from({ length: rest.length / 2 }, (_, i) => ({
    title: rest[2 * i]!,
    code: rest[2 * i + 1]!.trim(),
  })).slice(0, -1)
  const cells: Omit<Cell, 'id'>[] = [
    markdown(
      head!
        .trim()
        .replace(/^"""|"""$/g, '')
        .trim(),
    ),
    code(before),
    ...sections.flatMap(({ title, code: text }) => [markdown(`## ${title}`), code(text)]),
    markdown('## Run'),
    code(last),
  ]
  const notebook = {
    cells: cells.map((cell, i) => ({ ...cell, id: `cell-${i + 1}` })),
    metadata: {
      kernelspec: { display_name: 'Python 3', language: 'python', name: 'python3' },
      language_info: { name: 'python' },
    },
    nbformat: 4,
    nbformat_minor: 5,
  }
  return `${JSON.stringify(notebook, null, 1)}\n`
}

const linesOf = (text: string) => text.match(/.*\n|.+$/g) ?? []
const markdown = (text: string) => ({ cell_type: 'markdown' as const, metadata: {}, source: linesOf(text) })
const code = (text: string) => ({
  cell_type: 'code' as const,
  metadata: {},
  source: linesOf(text),
  outputs: [] as [],
  execution_count: null,
})
