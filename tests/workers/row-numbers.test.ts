import { strToU8, zipSync } from 'fflate'
import { describe, expect, test } from 'vitest'
import { numberOf, rowOf, stretches } from '../../src/lib/row-numbers.ts'
import { toFailure } from '../../src/protocol/errors.ts'
import { recipeOf } from '../support/recipe.ts'
import { useDataRooms } from './support/data-rooms.ts'

const { room } = useDataRooms()

const RELATION = 'http://schemas.openxmlformats.org/officeDocument/2006/relationships'

/** A workbook of one sheet, its rows by their numbers. */
function workbook(rows: Record<number, string[]>): File {
  const sheet = Object.entries(rows).map(
    ([row, cells]) =>
      `<row r="${row}">${cells.map((cell) => `<c t="inlineStr"><is><t>${cell}</t></is></c>`).join('')}</row>`,
  )
  const files = {
    'xl/_rels/workbook.xml.rels': `<Relationships><Relationship Id="r" Type="${RELATION}/worksheet" Target="worksheets/s.xml"/></Relationships>`,
    'xl/workbook.xml': `<workbook xmlns:r="${RELATION}"><sheets><sheet name="Trees" sheetId="1" r:id="r"/></sheets></workbook>`,
    'xl/worksheets/s.xml': `<worksheet><sheetData>${sheet.join('')}</sheetData></worksheet>`,
  }
  const parts = Object.entries(files).map(([path, text]) => [path, strToU8(text)])
  return new File([zipSync(Object.fromEntries(parts)) as Uint8Array<ArrayBuffer>], 'trees.xlsx')
}

/** A title in row 2, names in row 4, rows from 5 on, a blank one at 7 and two at 10 and 11. */
const TREES = workbook({
  2: ['All our trees in spring'],
  4: ['question', 'answer'],
  5: ['What is an oak?', 'A tree.'],
  6: ['What is a fir?', 'A tree.'],
  8: ['What is a plum?', ''],
  9: ['Write to a@b.org?', 'Yes.'],
  12: ['What is an oak?', 'A tree.'],
  13: ['What is a pear?', 'No.'],
})

describe('rows of a workbook', () => {
  test('are called as in the sheet, wherever one is named', async () => {
    const data = room()
    const info = await data.openFile(TREES)
    expect(info.rowNumbers).toEqual([
      [0, 5],
      [2, 8],
      [4, 12],
    ])
    const recipe = recipeOf(info, { data: { prompt: 'question', response: 'answer' } })
    const found = [...info.findings, ...(await data.inspect(recipe))].map(({ message, row }) => [
      message,
      row,
    ])
    expect(found).toContainEqual([
      expect.stringMatching(/^3 blank rows were left out .*row 7 of it first/),
      undefined,
    ])
    expect(found).toContainEqual([expect.stringMatching(/^1 row has nothing in "answer".*row 8 first/), 2])
    expect(found).toContainEqual([expect.stringMatching(/e-mail addresses.*row 9 first/), 3])
    expect(found).toContainEqual([expect.stringMatching(/^1 row repeats an earlier one, row 12 first/), 4])
    const { findings } = await data.prepare(recipe)
    expect(findings.map(({ message }) => message)).toContainEqual('Row 8 has no "answer".')
  })

  test('keep their numbers when others are left out, and go on with them at the end', async () => {
    const data = room()
    const { id } = await data.openFile(TREES)
    const less = await data.edit(id, [{ type: 'delete', rows: [0, 3] }])
    expect(Array.from({ length: less.rows }, (_, row) => numberOf(row, less.rowNumbers))).toEqual([
      6, 8, 12, 13,
    ])
    const more = await data.edit(id, [{ type: 'add', at: 4, values: { question: 'Q', answer: 'A' } }])
    expect(numberOf(4, more.rowNumbers)).toBe(14)
    expect((await data.undo(id)).rowNumbers).toEqual(less.rowNumbers)
    // A row that is put in between is in no sheet.
    expect((await data.edit(id, [{ type: 'add', at: 1, values: {} }])).rowNumbers).toBeUndefined()
  })

  test('are named so by what refuses them, too', async () => {
    const data = room()
    const info = await data.openFile(
      workbook({
        3: ['messages'],
        7: [
          '[{"role":"user","content":"Hi"},{"role":"user","content":"So?"},{"role":"assistant","content":"Yes."}]'.replaceAll(
            '"',
            '&quot;',
          ),
        ],
      }),
    )
    const recipe = recipeOf(info, { data: { messages: 'messages', format: 'kauldron' } })
    const failure = toFailure(
      await data.exportData({ ...recipe }, 'kauldron').catch((error: unknown) => error),
    )
    expect(failure.message).toMatch(/^Row 7 is a conversation of user, user, assistant/)
    expect(failure.detail?.row).toBe(0)
  })
})

test('numbers and places are each other’s inverse', () => {
  const numbers = stretches([5, 6, 8, 9, 12])
  for (const row of [0, 1, 2, 3, 4]) expect(rowOf(numberOf(row, numbers), numbers)).toBe(row)
  expect([rowOf(1, numbers), rowOf(7, numbers), rowOf(10, numbers)]).toEqual([0, 2, 4])
  expect(stretches([1, 2, 3])).toEqual([])
  expect([numberOf(2), rowOf(3)]).toEqual([3, 2])
})
