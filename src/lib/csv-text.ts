/** The same of a text that spreadsheets would take for a formula: an apostrophe keeps it a text. */
export function sheetText(text: string): string {
  return csvText(/^[=+\-@\t\r]/.test(text) ? `'${text}` : text)
}

/** A field as CSV has it (RFC 4180). White space at the ends is quoted too: many readers trim what is not. */
export function csvText(text: string): string {
  return /^$|["\r\n,;\t]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
