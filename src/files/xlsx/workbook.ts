import type { ByteSource } from '../bytes.ts'
import { Unsupported } from '../damage.ts'
import { type ZipEntry, zipEntries } from '../zip.ts'
import { SharedStrings, unescaped } from './shared-strings.ts'
import { type OddCells, type SheetRow, sheetRows } from './sheet.ts'
import { dateStyles } from './styles.ts'
import { attribute, parseWhole } from './xml.ts'

export interface Workbook {
  sheets: string[]
  /** Rows of a sheet in order, some at a time; each call begins again, and counts into `odd`. */
  rows(sheet: string, odd?: OddCells): AsyncIterable<SheetRow[]>
}

export function noOddCells(): OddCells {
  return { errors: 0, uncomputed: 0, firstError: '', firstUncomputed: '' }
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
  const entries = new Map(
    (await zipEntries(source, name, signal)).map((entry) => [entry.name.toLowerCase(), entry]),
  )
  const read = (path: string) => {
    const entry: ZipEntry | undefined = entries.get(path.toLowerCase())
    if (!entry) throw new Unsupported(`it has no part ${path}`)
    return entry.stream(signal)
  }
  const has = (path: string) => entries.has(path.toLowerCase())
  const main = has(RELATIONS) ? await mainPart(read(RELATIONS)) : MAIN
  const [folder, base] = [main.slice(0, main.lastIndexOf('/') + 1), main.slice(main.lastIndexOf('/') + 1)]
  const targets = new Map<string, { path: string; kind: string }>()
  const paths = { sharedStrings: `${folder}sharedStrings.xml`, styles: `${folder}styles.xml` }
  await relations(read(`${folder}_rels/${base}.rels`), folder, (id, kind, path) => {
    targets.set(id, { path, kind })
    if (kind === 'sharedStrings' || kind === 'styles') paths[kind] = path
  })
  const sheets = new Map<string, string>()
  let from1904 = false
  await parseWhole(read(main), {
    open(element, attributes) {
      if (element === 'workbookPr') from1904 ||= /^(1|true)$/.test(attributes.date1904 ?? '')
      const target = element === 'sheet' ? targets.get(attribute(attributes, 'id') ?? '') : undefined
      // Others are charts and dialogs.
      if (target?.kind === 'worksheet') sheets.set(unescaped(attributes.name ?? ''), target.path)
    },
  })
  const dates = has(paths.styles) ? await dateStyles(read(paths.styles)) : []
  return {
    sheets: [...sheets.keys()],
    async *rows(sheet, odd = noOddCells()) {
      const strings = new SharedStrings(has(paths.sharedStrings) ? read(paths.sharedStrings) : null)
      yield* sheetRows(read(sheets.get(sheet)!), { strings, dates, from1904, odd })
      await strings.finish()
    },
  }
}

const RELATIONS = '_rels/.rels'
const MAIN = 'xl/workbook.xml'

/** Where the workbook itself lies, which may be anywhere. */
async function mainPart(bytes: AsyncIterable<Uint8Array>): Promise<string> {
  let main = MAIN
  await relations(bytes, '', (_, kind, path) => {
    if (kind === 'officeDocument') main = path
  })
  return main
}

/** Hears of each part that another refers to, with its path from the root of the archive (ECMA-376 part 2, 9.3). */
function relations(
  bytes: AsyncIterable<Uint8Array>,
  folder: string,
  found: (id: string, kind: string, path: string) => void,
): Promise<void> {
  return parseWhole(bytes, {
    open(element, { Id, Type = '', Target = '', TargetMode }) {
      if (element !== 'Relationship' || Id === undefined || TargetMode === 'External') return
      found(Id, Type.slice(Type.lastIndexOf('/') + 1), resolved(Target.replaceAll('\\', '/'), folder))
    },
  })
}

function resolved(target: string, folder: string): string {
  const parts: string[] = []
  for (const part of (target.startsWith('/') ? target : folder + target).split('/'))
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  return parts.join('/')
}
