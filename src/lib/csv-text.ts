/** A field as CSV has it (RFC 4180). White space at the ends is quoted too: many readers trim what is not. */
export function csvText(text: string): string {
  return /^$|["\r\n,;\t]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}

/**
 * Words as a field, for files that people open in a spreadsheet: one that begins like a formula would be computed there, and an
 * apostrophe keeps it a text (CWE-1236). A number is one either way.
 */
export function csvWords(text: string): string {
  const formula = /^[=+\-@\t\r]/.test(text) && !/^[+-]?\d+(?:\.\d+)?$/.test(text)
  return csvText(formula ? `'${text}` : text)
}

/** The fields of one line, quoted where they hold a comma; white space around a field without quotes is none of it. */
export function csvFields(line: string): string[] {
  const fields: string[] = []
  const field = /\s*(?:"((?:[^"]|"")*)"\s*|([^,]*))(,|$)/y
  for (let more = true; more; ) {
    const found = field.exec(line)
    if (!found) return [...fields, line.slice(field.lastIndex).trim()]
    fields.push(found[1]?.replaceAll('""', '"') ?? found[2]!.trim())
    more = found[3] === ','
  }
  return fields
}
