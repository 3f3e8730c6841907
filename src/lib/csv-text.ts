/** A field as CSV has it (RFC 4180). White space at the ends is quoted too: many readers trim what is not. */
export function csvText(text: string): string {
  return /^$|["\r\n,;\t]|^\s|\s$/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
