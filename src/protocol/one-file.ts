/**
 * A class pack as one HTML file that is the studio itself: opened from a stick, without a server. The studio's script stands in the
 * document, and is that of its workers, too; every other file stands there as well, packed, and is answered in place of a request
 * (src/workers/one-file.ts). src/pack/one-file.ts writes such files, cli/one-file-build.ts the part of them that is the same in all.
 */

/** A file as the document holds it. */
export interface OneFileEntry {
  /** Below the address of the document's folder, as on a server. */
  path: string
  bytes: number
  /** Hex. */
  sha256: string
  /** Id of the element whose text it is: gzip, in base64. Files of the same bytes share it. */
  at: string
}

/** What the document says of its files, in a script that its policy knows by its hash. */
export interface OneFileList {
  /** Names the build of the studio, as the names of built scripts do. */
  build: string
  entries: OneFileEntry[]
}

/** In a build: what such documents are made of, and the document itself, gzip. */
export const ONE_FILE_BUILD = 'one-file/studio.json'
export const ONE_FILE_DOCUMENT = 'one-file/studio.bin'

export interface OneFileBuild {
  build: string
  /** SHA-256 of the scripts in the document, base64. */
  scripts: string[]
  /** By their paths in the document, where they lie in the build. */
  files: Record<string, string>
}

/** What page and workers of such a document know. */
export interface OneFile {
  build: string
  /** Address of the document's folder. */
  base: string
  /** By path. A worker is sent them, before all else: in Chromium it cannot fetch what a page at `file://` has an address of. */
  files: ReadonlyMap<string, Blob>
}

/** Elements of the document: the studio's script, and the last of all, which one that was cut off has not. */
export const ONE_FILE_SCRIPT = 'studio'
export const ONE_FILE_END = 'whole'

/** In what a worker asks of its page: a Blob that it cannot read itself. Answered with its bytes, or with why not, on the port beside. */
export const BLOB_TO_READ = 'lapidaryBlobToRead'

interface Place {
  lapidaryOneFile?: OneFile
}

/** Null: this is the studio as it lies on a server. Settled before anything of the studio begins. */
export const oneFile = (): OneFile | null => (globalThis as Place).lapidaryOneFile ?? null

export function setOneFile(told: OneFile): void {
  ;(globalThis as Place).lapidaryOneFile = told
}
