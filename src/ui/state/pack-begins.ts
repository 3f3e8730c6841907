import { PACK_LIST } from '../../protocol/pack.ts'

/** Local file header of a ZIP: "PK\x03\x04", the name's length at byte 26, the name at 30 (APPNOTE 4.3.7). */
export async function beginsAsPack(file: Blob): Promise<boolean> {
  const begin = file.slice(0, 30 + PACK_LIST.length)
  const head = String.fromCharCode(
    ...new Uint8Array(await begin.arrayBuffer().catch(() => new ArrayBuffer())),
  )
  return head.startsWith('PK\x03\x04') && head.charCodeAt(26) === PACK_LIST.length && head.endsWith(PACK_LIST)
}
