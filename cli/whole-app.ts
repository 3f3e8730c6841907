import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { describeBuild, SERVICE_WORKER } from './service-worker.ts'

/** Bytes that the studio with all its parts may take: over the line, and on the device. */
export const MOST = { transfer: 8e6, stored: 16e6 }

/** What hosts compress: text, and WebAssembly. Weights go as they are. */
const COMPRESSED = /\.(html|js|css|json|jsonl|csv|svg|webmanifest|md|wasm)$/

export interface WholeApp {
  /** Bytes that a host sends for all of it, text compressed with gzip at level 6. */
  transfer: number
  /** Bytes as they are kept for use without a network. */
  stored: number
  files: number
}

/** All of a built studio that is kept for use without a network, and the service worker itself. @param dist the folder of a build */
export async function wholeApp(dist: string): Promise<WholeApp> {
  const paths = [...Object.keys((await describeBuild(dist)).files), SERVICE_WORKER]
  const total = { transfer: 0, stored: 0, files: paths.length }
  for (const path of paths) {
    const name = path || 'index.html'
    const bytes = readFileSync(join(dist, name))
    total.stored += bytes.length
    total.transfer += COMPRESSED.test(name) ? gzipSync(bytes).length : bytes.length
  }
  return total
}

/** A line for people. */
export function wholeAppLine({ transfer, stored, files }: WholeApp): string {
  const MB = (bytes: number) => `${(bytes / 1e6).toFixed(2)} MB`
  return `whole studio: ${files} files, ${MB(transfer)} compressed of at most ${MB(MOST.transfer)}, ${MB(stored)} stored of at most ${MB(MOST.stored)}`
}
