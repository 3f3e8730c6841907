import { type DataFile, type DataSplits, messageOf, SPLITS } from './rows.ts'

/** Lines put together before they become part of a blob. */
const LINES = 1000

/**
 * JSON lines, a file a split: `{"messages": [{"role", "content"}], "tools"}` or `{"text"}`, as TRL, Axolotl and the OpenAI API read
 * them.
 */
export function jsonLinesFiles(splits: DataSplits): DataFile[] {
  return SPLITS.flatMap((split) => {
    const rows = splits[split] ?? []
    if (rows.length === 0) return []
    const parts: string[] = []
    for (let at = 0; at < rows.length; at += LINES) {
      const lines = rows
        .slice(at, at + LINES)
        .map((row) =>
          'text' in row
            ? { text: row.text }
            : { messages: row.messages.map(messageOf), ...(row.tools && { tools: row.tools }) },
        )
      parts.push(lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
    }
    return [{ path: `${split}.jsonl`, blob: new Blob(parts, { type: 'application/jsonl' }) }]
  })
}
