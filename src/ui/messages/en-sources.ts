/** Texts of the ways into data: reading, folders, links, the Hugging Face Hub. */
export const sources = {
  'data.own.hint':
    'or drop files or a folder here: CSV, TSV, JSON, Parquet, Arrow, Excel, text or TensorFlow Datasets, packed or not. They are read on this machine and go nowhere else.',
  'data.own.folder': 'Choose a folder',

  'read.options': 'How files are read',
  'read.text': 'A row of plain text (.txt, .md) is',
  'read.sheet': 'Sheet of an Excel workbook',
  'read.encoding': 'Encoding of a text file',
  'read.header_row': 'Row with the names of the columns',
  'read.quotes': 'Quotes in CSV',
  'read.skip_initial_space': 'Blanks behind delimiters in CSV',
  'read.raise': 'Allow {count} GB and read again',
  'read.max_gigabytes': 'Most memory, in gigabytes',
  'read.titled': '{name} ({how})',
  'read.by.line': 'by line',
  'read.by.paragraph': 'by paragraph',
  'read.by.file': 'as a whole',
  'read.by.csv': 'quotes as in CSV',
  'read.by.none': 'quotes as they are',

  'hub.button': 'Hugging Face Hub',
} as const
