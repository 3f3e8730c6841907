import { ONE_FILE_END, type OneFile, type OneFileList, oneFile, setOneFile } from './protocol/one-file.ts'
import { readBlobsSomehow } from './workers/blob-reading.ts'
import { answerRequests, unpackFiles } from './workers/one-file.ts'

/**
 * The studio as one script, page and workers in one: what a document that is opened as a file is made of (cli/one-file-build.ts). The
 * document says that it began, and is told why it did not.
 */

declare global {
  interface Window {
    lapidaryOneFileList?: OneFileList
    lapidaryOneFileBegan?: boolean
  }
}

const WORKERS: Record<string, () => Promise<unknown>> = {
  data: () => import('./workers/data.worker.ts'),
  adding: () => import('./workers/adding.worker.ts'),
  train: () => import('./workers/train.worker.ts'),
}

async function beginWorker(): Promise<void> {
  const begin = WORKERS[self.name]
  if (!begin) throw new Error(`There is no worker "${self.name}" in this file.`)
  const files = await new Promise<OneFile['files']>((resolve) =>
    self.addEventListener('message', ({ data }) => resolve(data), { once: true }),
  )
  const told = { ...oneFile()!, files }
  setOneFile(told)
  await readBlobsSomehow()
  answerRequests(told)
  await begin()
}

async function beginPage(): Promise<void> {
  const list = window.lapidaryOneFileList
  window.lapidaryOneFileBegan = true
  await new Promise((resolve) => document.addEventListener('DOMContentLoaded', resolve, { once: true }))
  // The document itself says that it was cut off, see cli/one-file-build.ts.
  if (!list || !document.getElementById(ONE_FILE_END)) return
  const element = (id: string) => document.getElementById(id)
  const files = await unpackFiles(list, (id) => element(id)?.textContent ?? null)
  for (const { at } of list.entries) element(at)?.remove()
  const told = {
    build: list.build,
    base: new URL('.', document.baseURI).href,
    files,
  }
  setOneFile(told)
  answerRequests(told)
  await import('./main.tsx')
}

void (typeof document === 'undefined' ? beginWorker().catch(reportError) : beginPage())
