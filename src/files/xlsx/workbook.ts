import type { ByteSource } from '../bytes.ts'
import { type ZipEntry, zipEntries } from '../zip.ts'
import { SharedStrings, unescaped } from './shared-strings.ts'
import { type SheetRow, sheetRows } from './sheet.ts'
import { dateStyles } from './styles.ts'
import { attribute, parseWhole } from './xml.ts'

export interface Workbook {
  sheets: string[]
  /** Rows of a sheet in order, some at a time; each call begins anew. */
  rows(sheet: string): AsyncIterable<SheetRow[]>
}

/**
 * An Excel workbook (ECMA-376), whose sheets are read as their XML is unpacked.
 * @throws Error where it is not what its format promises, LapidaryError `bad_file` for a damaged archive
 */
export async function openWorkbook(
  source: ByteSource,
  name: string,
  signal?: AbortSignal,
): Promise<Workbook> {
  const entries = new Map((await zipEntries(source, name, signal)).map((entry) => [entry.name, entry]))
  const find = (path: string): ZipEntry => {
    const entry = entries.get(path)
    if (!entry) throw new Error(`it has no ${path}`)
    return entry
  }
  const read = (path: string) => find(path).stream(signal)
  const targets = new Map<string, string>()
  const paths = { sharedStrings: 'xl/sharedStrings.xml', styles: 'xl/styles.xml' }
  await parseWhole(read('xl/_rels/workbook.xml.rels'), {
    open(element, { Id, Type = '', Target = '' }) {
      if (element !== 'Relationship' || Id === undefined) return
      const path = Target.startsWith('/') ? Target.slice(1) : `xl/${Target}`
      targets.set(Id, path)
      const kind = Type.slice(Type.lastIndexOf('/') + 1)
      if (kind === 'sharedStrings' || kind === 'styles') paths[kind] = path
    },
  })
  const sheets = new Map<string, string>()
  let from1904 = false
  await parseWhole(read('xl/workbook.xml'), {
    open(element, attributes) {
      if (element === 'workbookPr') from1904 ||= /^(1|true)$/.test(attributes.date1904 ?? '')
      const path = element === 'sheet' ? targets.get(attribute(attributes, 'id') ?? '') : undefined
      // Others are charts and dialogs.
      if (path && /worksheets?\//i.test(path)) sheets.set(unescaped(attributes.name ?? ''), path)
    },
  })
  const dates = entries.has(paths.styles) ? await dateStyles(read(paths.styles)) : []
  return {
    sheets: [...sheets.keys()],
    async *rows(sheet) {
      const strings = new SharedStrings(entries.has(paths.sharedStrings) ? read(paths.sharedStrings) : null)
      yield* sheetRows(read(sheets.get(sheet)!), { strings, dates, from1904 })
      await strings.finish()
    },
  }
}
