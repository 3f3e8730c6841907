import { batch, createEffect, createMemo, createSignal, on, onCleanup } from 'solid-js'
import { type Failure, toFailure } from '../../protocol/errors.ts'
import { heeded } from '../../protocol/identity.ts'
import type { ColumnStats, Mapping, Studio } from '../../protocol/studio.ts'
import type { DataState } from './data.ts'

export const PAGE = 25
/** Columns that are drawn at a time, so that the widest table holds the page no longer than a narrow one does. */
export const COLUMN_PAGE = 20
/** The same of the first few rows. */
export const FIRST_COLUMNS = 50

export interface ShownRow {
  /** Row of the data set, 0-based. */
  row: number
  values: Record<string, unknown>
}

/** A cell as text, the way it is shown and edited. */
export function cellText(value: unknown): string {
  if (value === null || value === undefined) return ''
  return typeof value === 'object' ? JSON.stringify(value) : String(value)
}

/**
 * What typed text means in a cell that held `old`: nothing for an empty field, a number or a structure where there was
 * one and the text still reads as one, else the text itself.
 */
export function cellValue(text: string, old: unknown): unknown {
  if (text === '') return null
  if (typeof old === 'number' && text.trim() !== '' && Number.isFinite(Number(text))) return Number(text)
  if (typeof old === 'boolean' && /^(true|false)$/i.test(text.trim())) return /^true$/i.test(text.trim())
  if (typeof old === 'object' && old !== null)
    try {
      return JSON.parse(text)
    } catch {
      return text
    }
  return text
}

/** Columns that examples are made of before the others, which a narrow screen may hide; else in their own order. */
export function mappedFirst(names: readonly string[], mapping: Mapping): string[] {
  const { system, prompt, input, response, messages, text, template } = mapping
  const roles: (string | null | undefined)[] = [system, prompt, input, response, messages, text]
  const used = (name: string) => roles.includes(name) || (template?.includes(`{${name}}`) ?? false)
  return [...names.filter(used), ...names.filter((name) => !used(name))]
}

/** First row of the page that holds `row`, within the rows that there are. */
export function pageStart(row: number, rows: number, page = PAGE): number {
  const last = Math.max(0, Math.ceil(rows / page) - 1)
  return Math.min(last, Math.max(0, Math.floor(row / page))) * page
}

/** A page of rows, as stored or after the steps, of the columns that are shown, kept up to date with edits. */
export function createRowPages(studio: Studio, data: DataState) {
  const [after, setAfter] = createSignal(false)
  const [offset, setOffset] = createSignal(0)
  const [firstColumn, setFirstColumn] = createSignal(0)
  const [rows, setRows] = createSignal<ShownRow[]>([])
  const [columns, setColumns] = createSignal<string[]>([])
  const [total, setTotal] = createSignal(0)
  const [failure, setFailure] = createSignal<Failure | null>(null)
  const [stats, setStats] = createSignal<ColumnStats[] | null>(null)
  const [counting, setCounting] = createSignal(false)

  const stored = createMemo(() => data.dataset()?.columns.map(({ name }) => name) ?? [])
  const ordered = createMemo(() => mappedFirst(after() ? columns() : stored(), data.mapping()))
  const columnOffset = () => pageStart(firstColumn(), ordered().length, COLUMN_PAGE)
  /** Those that are asked for; drawn once their rows are there. */
  const wanted = createMemo(() => ordered().slice(columnOffset(), columnOffset() + COLUMN_PAGE), [], {
    equals: (a, b) => a.length === b.length && a.every((name, i) => name === b[i]),
  })
  const [drawn, setDrawn] = createSignal<string[]>([])

  const key = () => {
    const now = data.basis()
    return (
      now &&
      JSON.stringify([
        now.hash,
        offset(),
        after(),
        wanted(),
        ...(after() ? heeded(now.recipe.config, 'rows') : []),
      ])
    )
  }

  createEffect(
    on(key, () => {
      const now = data.basis()
      const info = data.dataset()
      if (!now || !info) return
      let stale = false
      onCleanup(() => {
        stale = true
      })
      const from = offset()
      const asked = wanted()
      const page = { offset: from, count: PAGE, columns: asked }
      const read = after()
        ? studio.data.rowsAfter(now.recipe, page)
        : studio.data.rows(info.id, page).then((found) => ({
            rows: info.rows,
            columns: null,
            page: found.map((values, i) => ({ row: from + i, values })),
          }))
      read.then(
        (found) => {
          if (stale) return
          batch(() => {
            setRows(found.page)
            setTotal(found.rows)
            const { columns } = found
            setDrawn(columns ? asked.filter((name) => columns.includes(name)) : asked)
            // Where the steps made other columns, those are asked for next.
            if (columns) setColumns(columns)
            setFailure(null)
            if (from >= found.rows && from > 0) setOffset(pageStart(found.rows - 1, found.rows))
          })
        },
        (error) => !stale && setFailure(toFailure(error)),
      )
    }),
  )

  createEffect(
    on(
      () => data.dataset()?.hash,
      () => setStats(null),
      { defer: true },
    ),
  )

  async function count(): Promise<void> {
    const info = data.dataset()
    if (!info || counting()) return
    setCounting(true)
    try {
      const found = await studio.data.columnStats(info.id)
      if (data.dataset()?.hash === info.hash) setStats(found)
    } catch (error) {
      setFailure(toFailure(error))
    } finally {
      setCounting(false)
    }
  }

  return {
    after,
    setAfter: (value: boolean) =>
      batch(() => {
        setAfter(value)
        setOffset(0)
        setFirstColumn(0)
        setColumns(stored())
      }),
    offset,
    total,
    rows,
    /** Names of those that are shown, and the place of the first among all. */
    columns: drawn,
    columnOffset,
    columnCount: () => ordered().length,
    goToColumn: setFirstColumn,
    failure,
    stats,
    counting,
    count,
    goTo: (row: number) => setOffset(pageStart(row, after() ? total() : (data.dataset()?.rows ?? 0))),
  }
}
