import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Page } from '@playwright/test'
import { strToU8, zipSync } from 'fflate'

/** Milliseconds that training on a software adapter may take, on a machine that does other things as well. */
export const PATIENCE = 400_000

/** Fails the test on whatever the page itself complains of. */
export function watchForComplaints(page: Page): string[] {
  const complaints: string[] = []
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text())
  })
  return complaints
}

/** Any request to another host would break the promise that nothing leaves the machine. */
export function watchForStrangers(page: Page): string[] {
  const strangers: string[] = []
  page.on('request', (request) => {
    const { protocol, hostname } = new URL(request.url())
    if (protocol.startsWith('http') && hostname !== 'localhost') strangers.push(request.url())
  })
  return strangers
}

export async function openFile(page: Page, name: string, text: string): Promise<void> {
  await page
    .getByLabel('Choose a file')
    .setInputFiles({ name, mimeType: 'text/csv', buffer: Buffer.from(text) })
}

/** Drops a file onto an element, as a person drags it in from a folder. */
export function dropFile(page: Page, selector: string, name: string, text: string): Promise<void> {
  return dropFiles(page, selector, [{ name, buffer: Buffer.from(text) }])
}

export async function dropFiles(
  page: Page,
  selector: string,
  files: { name: string; buffer: Buffer }[],
): Promise<void> {
  const transfer = await page.evaluateHandle(
    (all) => {
      const transfer = new DataTransfer()
      for (const { name, base64 } of all)
        transfer.items.add(new File([Uint8Array.from(atob(base64), (c) => c.charCodeAt(0))], name))
      return transfer
    },
    files.map(({ name, buffer }) => ({ name, base64: buffer.toString('base64') })),
  )
  for (const type of ['dragover', 'drop'])
    await page.dispatchEvent(selector, type, { dataTransfer: transfer, bubbles: true, cancelable: true })
}

/** Drops a folder of the disk: the browser itself opens it, which no script in the page could ask for. */
export async function dropFolder(page: Page, selector: string, path: string): Promise<void> {
  const target = page.locator(selector)
  await target.scrollIntoViewIfNeeded()
  const { x, y, width, height } = (await target.boundingBox())!
  const data = { items: [], files: [path], dragOperationsMask: 1 }
  const session = await page.context().newCDPSession(page)
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const)
    await session.send('Input.dispatchDragEvent', { type, x: x + width / 2, y: y + height / 2, data })
  await session.detach()
}

/** Steps done, read off the progress line; -1 where there is none yet. */
export async function stepsDone(page: Page): Promise<number> {
  const text = await page
    .getByText(/step \d+ of \d+/)
    .first()
    .textContent({ timeout: 1000 })
    .catch(() => null)
  const match = /step (\d+) of/.exec(text ?? '')
  return match ? Number(match[1]) : -1
}

/** Waits, looking in the page itself and often, until more than so many steps are done: a run may be over a second later. */
export async function stepsBeyond(page: Page, steps: number): Promise<void> {
  await page.waitForFunction(
    (steps) => Number(/step (\d+) of \d+/.exec(document.body.innerText)?.[1] ?? -1) > steps,
    steps,
    { timeout: PATIENCE, polling: 50 },
  )
}

/** The figures of the chart's table: training and validation losses by step. */
export async function curve(
  page: Page,
): Promise<{ training: [number, number][]; validation: [number, number][] }> {
  await page.getByLabel('As a table').check()
  const rows = await page
    .getByRole('region', { name: 'Figures of the curves' })
    .locator('tbody tr')
    .evaluateAll((all) =>
      all.map((row) => [...row.querySelectorAll('td')].map((cell) => cell.textContent ?? '')),
    )
  await page.getByLabel('As a table').uncheck()
  const column = (index: number) =>
    rows.flatMap((row) => {
      const value = Number(row[index])
      return Number.isFinite(value) && row[index] !== '' ? [[Number(row[0]), value] as [number, number]] : []
    })
  return { training: column(2), validation: column(4) }
}

/** A table of questions and answers that holds a rule worth learning. */
export function capitals(rows: number): string {
  const people = ['Tom', 'Anna', 'Ben', 'Lily', 'Max', 'Rose', 'Sam', 'Emma']
  const things = ['ball', 'book', 'cat', 'cup', 'hat', 'kite', 'boat', 'drum', 'lamp', 'shoe']
  const lines = Array.from({ length: rows }, (_, i) => {
    const who = people[i % people.length]
    const what = things[Math.floor(i / people.length) % things.length]
    return `"Where is the ${what} of ${who}, number ${i}?","The ${what} of ${who} is in the red box, thank you."`
  })
  return `question,answer\n${lines.join('\n')}\n`
}

/**
 * Trains the practice model on a small file, without questions on the way: the shortest honest run.
 * @param settings further fields by their names
 * @param at address of the studio
 */
export async function startShort(
  page: Page,
  steps: number,
  {
    settings = {},
    rows = capitals(40),
    at = '/',
  }: { settings?: Record<string, string>; rows?: string; at?: string } = {},
): Promise<void> {
  await page.goto(at)
  await openFile(page, 'boxes.csv', rows)
  await page.getByText('To learn from', { exact: true }).waitFor()
  await page.getByRole('link', { name: 'Train', exact: true }).click()
  await page.getByRole('textbox', { name: 'Steps' }).fill(String(steps))
  if (Object.keys(settings).length > 0) await page.getByText('More settings').click()
  for (const [name, value] of Object.entries(settings)) await page.getByRole('textbox', { name }).fill(value)
  await page.getByText('Questions asked along the way').click()
  const questions = page.getByRole('textbox', { name: /^Question \d/ })
  await questions.first().waitFor()
  for (const field of await questions.all()) await field.fill('')
  await page.getByRole('button', { name: 'Start training' }).click()
}

/** An Excel workbook of texts: sheets by name, each a list of rows; an empty row is left out, as spreadsheets do. */
export function workbook(sheets: Record<string, string[][]>): Buffer {
  const office = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'
  const relations = (all: [id: string, kind: string, target: string][]) =>
    `<Relationships>${all.map(([id, kind, to]) => `<Relationship Id="${id}" Type="${office}/${kind}" Target="${to}"/>`).join('')}</Relationships>`
  const row = (cells: string[], at: number) =>
    cells.length === 0
      ? ''
      : `<row r="${at + 1}">${cells.map((text) => `<c t="inlineStr"><is><t>${text}</t></is></c>`).join('')}</row>`
  const names = Object.keys(sheets)
  const parts = {
    '[Content_Types].xml':
      '<Types><Override PartName="/book.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/></Types>',
    '_rels/.rels': relations([['r', 'officeDocument', 'book.xml']]),
    '_rels/book.xml.rels': relations(names.map((_, i) => [`s${i}`, 'worksheet', `s${i}.xml`])),
    'book.xml': `<workbook xmlns:r="${office}"><sheets>${names.map((name, i) => `<sheet name="${name}" r:id="s${i}"/>`).join('')}</sheets></workbook>`,
    ...Object.fromEntries(
      names.map((name, i) => [
        `s${i}.xml`,
        `<worksheet><sheetData>${sheets[name]!.map(row).join('')}</sheetData></worksheet>`,
      ]),
    ),
  }
  return Buffer.from(
    zipSync(Object.fromEntries(Object.entries(parts).map(([at, xml]) => [at, strToU8(xml)]))),
  )
}

/** Facts, none of which can be known from another. */
export function facts(rows: number): string[][] {
  const piers = ['Alder', 'Birch', 'Cedar', 'Dahlia', 'Elm', 'Fern', 'Gorse', 'Hazel']
  return Array.from({ length: rows }, (_, i) => {
    const pier = `${piers[i % piers.length]} ${Math.floor(i / piers.length) + 1}`
    return [`When was pier ${pier} built?`, `Pier ${pier} was built in ${1900 + ((i * 37) % 97)}.`]
  })
}

const PEBBLE = join(import.meta.dirname, '../../public/models/pebble')

/** A folder of Pebble's shape, with weights that differ in a bit. */
export function pebbleFolder(place: string, name: string, change: number): string {
  const path = join(place, String(change), name)
  mkdirSync(path, { recursive: true })
  for (const file of ['config.json', 'tokenizer.json', 'tokenizer_config.json'])
    cpSync(join(PEBBLE, file), join(path, file))
  const weights = readFileSync(join(PEBBLE, 'model.safetensors'))
  weights[weights.length - 2]! ^= change
  writeFileSync(join(path, 'model.safetensors'), weights)
  return path
}
