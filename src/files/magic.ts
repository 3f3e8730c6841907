import { fail } from '../protocol/errors.ts'

/** First bytes of formats that people drop in by mistake, and what to do with them. */
const KNOWN: [bytes: string, what: string, hint?: string][] = [
  ['\xd0\xcf\x11\xe0', 'an old Excel or Word file', 'Save it as .xlsx or CSV.'],
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
]
const HINT = 'Save the data as CSV, JSON lines, Parquet or an Excel workbook.'

/** @throws LapidaryError `unsupported_format`, by name, for bytes of a format that is known and not read */
export function refuseKnown(head: Uint8Array, file: string): void {
  // Short marks are also words: "ORC" may begin a text, so a control character has to follow somewhere near.
  for (const [bytes, what, hint] of KNOWN)
    if (startsWith(head, bytes) && (/[^ -~]/.test(bytes) || isBinary(head)))
      fail('unsupported_format', `${file} is ${what}, which cannot be read.`, hint ?? HINT, {
        file,
        found: what,
      })
  if (startsWith(head.subarray(257), 'ustar'))
    fail('unsupported_format', `${file} is a tar archive.`, 'Unpack it, or pack it as ZIP.', {
      file,
      found: 'a tar archive',
    })
}

function startsWith(bytes: Uint8Array, text: string): boolean {
  return bytes.length >= text.length && [...text].every((c, i) => bytes[i] === c.charCodeAt(0))
}

function isBinary(head: Uint8Array): boolean {
  return head.subarray(0, 1024).some((byte) => byte < 9 || byte >= 0x80) || startsWith(head, '%PDF-')
}
