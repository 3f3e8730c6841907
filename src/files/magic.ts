import { fail } from '../protocol/errors.ts'
import { encodingOf } from './utf8.ts'

const PICKLE = 'a Python pickle'
const PICKLE_HINT =
  'Pickles can run anything and are never opened: in Python, write the table with to_csv or to_parquet.'

/** First bytes of formats that people drop in by mistake, and what to do with them. */
const KNOWN: [bytes: string, what: string, hint?: string][] = [
  [
    '\xd0\xcf\x11\xe0',
    'an old Excel or Word file (XLS, DOC), or a workbook with a password',
    'Save it as .xlsx without a password, or as CSV.',
  ],
  ['%PDF', 'a PDF', 'Copy its text into a text file or a table.'],
  ['SQLite format 3', 'an SQLite database', 'Export the table as CSV.'],
  [
    'FEA1',
    'a Feather file of version 1',
    'Write it as Feather version 2 (the default of current libraries).',
  ],
  ['\x89HDF', 'an HDF5 file'],
  ['\x93NUMPY', 'a NumPy array'],
  ['\x28\xb5\x2f\xfd', 'a Zstandard archive', 'Unpack it, or pack it with gzip.'],
  ['\xfd7zXZ', 'an xz archive', 'Unpack it, or pack it with gzip.'],
  ['BZh', 'a bzip2 archive', 'Unpack it, or pack it with gzip.'],
  ['7z\xbc\xaf', 'a 7z archive', 'Unpack it, or pack it as ZIP.'],
  ['Rar!', 'a RAR archive', 'Unpack it, or pack it as ZIP.'],
  ['\x89PNG', 'a PNG image', 'Only text can be learnt from.'],
  ['\xff\xd8\xff', 'a JPEG image', 'Only text can be learnt from.'],
  ['RIFF', 'a sound or video file', 'Only text can be learnt from.'],
  ['GGUF', 'a model (GGUF)', 'Open it on the Model page.'],
  ['Obj\x01', 'an Avro file'],
  ['ORC', 'an ORC file'],
  ['\x80\x03', PICKLE, PICKLE_HINT],
  ['\x80\x04\x95', PICKLE, PICKLE_HINT],
  ['\x80\x05\x95', PICKLE, PICKLE_HINT],
  ['RDX3', 'an R data file', 'In R, write the table with write.csv.'],
  ['SAS', 'a SAS file'],
  ['$FL2', 'an SPSS file'],
  ['<stata_dta>', 'a Stata file'],
  ['VTXF', 'a Vortex file'],
  ['GIF8', 'a GIF image', 'Only text can be learnt from.'],
  ['OggS', 'a sound file', 'Only text can be learnt from.'],
  ['ID3', 'a sound file', 'Only text can be learnt from.'],
  ['\x04\x22\x4d\x18', 'an LZ4 archive', 'Unpack it, or pack it with gzip.'],
  ['bplist00', 'a property list of macOS'],
]
const HINT = 'Save the data as CSV, JSON lines, Parquet or an Excel workbook.'

/** How text begins that is written for other programs than those of tables. */
const TEXTS: [begins: RegExp, what: string, hint?: string][] = [
  [/^\{\\rtf/, 'a rich text file (RTF)', 'Save it as plain text, or its table as CSV.'],
  [
    /^<\?xml[^>]*>\s*(<\?mso-application[^>]*>\s*)?<(\w+:)?Workbook/i,
    'an XML spreadsheet of Excel 2003',
    'Save it as .xlsx or CSV.',
  ],
  [
    /^(<!--[\s\S]*?-->\s*)*<(!doctype\s+html|html|head|body|table)\b/i,
    'a web page (HTML)',
    'Copy its table or text into a file of its own: CSV or plain text.',
  ],
  [
    /^<(\?xml|!DOCTYPE|[A-Za-z_][\w.:-]*(\s+[\w.:-]+\s*=\s*("[^"]*"|'[^']*'))*\s*>\s*<[A-Za-z_!])/,
    'an XML file',
    'Convert its records to CSV or JSON lines.',
  ],
  [/^MIME-Version:/i, 'a saved web page or mail (MIME)', 'Copy its text into a file of its own.'],
  [/^%YAML\b/, 'a YAML file', 'Convert it to JSON: a list of objects.'],
  [/^---\r?\n\s*(-\s+)?[\w "'-]+:(\s|$)/, 'a YAML file', 'Convert it to JSON: a list of objects.'],
  [/^-\s+[\w"'-]+:(\s[^\n]*)?\r?\n\s+[\w"'-]+:\s/, 'a YAML file', 'Convert it to JSON: a list of objects.'],
  [
    /^(--[^\n]*\n\s*|\/\*[\s\S]*?\*\/;?\s*|(SET|USE|BEGIN|PRAGMA|DROP TABLE)\b[^;]*;\s*)*(CREATE\s+(TEMP\w*\s+)?TABLE|INSERT\s+INTO)\s/i,
    'an SQL dump',
    'Load it into its database, and export the table as CSV.',
  ],
  [
    /^(WEBVTT\b|\d+\r?\n\d\d:\d\d:\d\d[,.]\d{3} --> )/,
    'a file of subtitles',
    'Copy its text into a file of its own.',
  ],
  [/^BEGIN:V(CARD|CALENDAR)\b/i, 'a vCard or calendar', 'Export it as CSV.'],
  [
    /^(#[^\n]*\n\s*)*msgid\s+"[^\n]*\n(\s*"[^\n]*\n)*\s*msgstr\s/,
    'a gettext catalogue (PO)',
    'Convert it to CSV.',
  ],
  [
    /^@(article|book|inproceedings|misc|incollection|phdthesis|techreport|string|comment)\s*\{/i,
    'a BibTeX file',
    'Export it as CSV.',
  ],
  [
    /^@(prefix|base)\s+[\w-]*:?\s*<[^>]*>\s*\./,
    'an RDF file (Turtle)',
    'Export what is to be learnt as CSV.',
  ],
  [
    /^(From \S+ [^\n]*\d{4}\r?\n)?((From|To|Subject|Date|Received|Return-Path|Delivered-To|Message-ID): ?[^\n]*\n([ \t][^\n]*\n)*){2}/i,
    'a mail or mailbox',
    'Copy its text into a file of its own.',
  ],
  [/^@(relation|attribute)\s/i, 'an ARFF file of Weka', 'Save it as CSV.'],
  [/^(%[^\n]*\n\s*)*\\documentclass\b/, 'a LaTeX file', 'Copy its text into a file of its own.'],
  [/^([#;][^\n]*\n\s*)*\[{1,2}[\w.-]+\]{1,2}\s*\r?\n\s*[\w.-]+\s*=/, 'an INI or TOML file'],
  [
    /^version https:\/\/git-lfs\.github\.com\/spec/,
    'a pointer to a file that Git LFS keeps elsewhere',
    'Fetch the file itself: git lfs pull.',
  ],
]
/** Names between bars, and a line of dashes below them. */
const MARKDOWN_TABLE = /^\|?[^\n|]+\|[^\n]*\n\|?\s*:?-{2,}:?\s*(\|\s*:?-{2,}:?\s*)*\|?\s*(\n|$)/
/** Markdown and logs may hold any of them. */
const NAMED_TEXT = /\.(txt|text|md|markdown|log)$/i

/** @throws LapidaryError `unsupported_format`, by name, for bytes of a format that is known and not read */
export function refuseKnown(head: Uint8Array, file: string): void {
  // Short marks are also words: "ORC" may begin a text, so a control character has to follow somewhere near.
  for (const [bytes, what, hint] of KNOWN)
    if (startsWith(head, bytes) && (/[^ -~]/.test(bytes) || isBinary(head))) refuse(file, what, hint)
  if (startsWith(head, '\xff\xfe\0\0') || startsWith(head, '\0\0\xfe\xff'))
    refuse(file, 'text in UTF-32', 'Save it as UTF-8.')
  if (startsWith(head.subarray(257), 'ustar')) refuse(file, 'a tar archive', 'Unpack it, or pack it as ZIP.')
  if (startsWith(head.subarray(4, 16), '\0\0\0\0{"'))
    refuse(
      file,
      'a model (safetensors)',
      'Open it on the Model page, with its config.json and tokenizer.json.',
    )
  if (startsWith(head.subarray(8), 'DUCK'))
    refuse(file, 'a DuckDB database', "Export the table: COPY name TO 'name.parquet'.")
  const text = new TextDecoder(encodingOf(head)).decode(head.subarray(0, 8192)).trimStart()
  if (MARKDOWN_TABLE.test(text)) refuse(file, 'a table in Markdown', 'Save the table as CSV.')
  if (NAMED_TEXT.test(file)) return
  for (const [begins, what, hint] of TEXTS) if (begins.test(text)) refuse(file, what, hint)
}

function refuse(file: string, what: string, hint = HINT): never {
  fail('unsupported_format', `${file} is ${what}, which cannot be read.`, hint, { file, found: what })
}

function startsWith(bytes: Uint8Array, text: string): boolean {
  return bytes.length >= text.length && [...text].every((c, i) => bytes[i] === c.charCodeAt(0))
}

function isBinary(head: Uint8Array): boolean {
  return head.subarray(0, 1024).some((byte) => byte < 9 || byte >= 0x80) || startsWith(head, '%PDF-')
}
