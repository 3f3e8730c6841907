import { expect, type Page, test } from '@playwright/test'
import {
  CONVERSATIONS,
  damaged,
  type GivenFile,
  golden,
  LABELS,
  LINES,
  QUESTIONS,
  TWO_FILES,
  tfdsFolder,
} from './formats/files.ts'
import { PATIENCE, watchForComplaints } from './helpers.ts'

/** What a person sees on the way from a file to what a model learns from it. */
interface Walk {
  files: GivenFile[]
  /** Under the data set's name. */
  size: string
  /** A cell among the first rows. */
  cell: string
  /** The kind of mapping that is guessed, or else is chosen. */
  kind: 'Question, answer' | 'Chat' | 'Text'
  /** Columns to choose where there is nothing to guess by. */
  roles?: Record<string, string>
  /** What the findings say, with row and column. */
  finding?: RegExp
  /** A step from the menu, and what it makes of the first row that it changes. */
  step: { name: string; counts: RegExp; before: string; after: string }
  /** Supervised tokens of an example. */
  learnt: RegExp
  read?: string
}

const TIDY = {
  name: 'Tidy up spaces',
  counts: /24 rows in, 24 out · 24 changed/,
  before: 'Where is  the café number 1?',
  after: 'Where is the café number 1?',
}

const QUESTIONS_WALK: Omit<Walk, 'files'> = {
  size: '24 rows · 2 columns',
  cell: 'Behind hill 2, à gauche.',
  kind: 'Question, answer',
  finding: /row 7.*answer|answer.*row 7/i,
  step: TIDY,
  learnt: /learnt: Behind hill \d+, .+ gauche\.<end_of_turn>/,
  read: 'Where is the caf',
}

/** The table that the golden Parquet and Arrow files of text hold: 300 rows in several scripts. */
const TEXT_WALK: Omit<Walk, 'files'> = {
  size: '300 rows · 5 columns',
  cell: '数据 很多 1',
  kind: 'Question, answer',
  finding: /row 1\b.*prompt|prompt.*row 1\b/i,
  step: {
    name: 'Tidy up spaces',
    counts: /300 rows in, 300 out · \d+ changed/,
    before: ' 0',
    after: '0',
  },
  learnt: /learnt: .+<end_of_turn>/,
}

/** Rows with one feature of each kind that TensorFlow Datasets has. */
const TFDS_WALK: Omit<Walk, 'files'> = {
  size: '12 rows · 28 columns',
  cell: '1: Zażółć gęślą jaźń',
  kind: 'Question, answer',
  roles: { Question: 'text', Answer: 'label' },
  step: {
    name: 'Upper or lower case',
    counts: /12 rows in, 12 out · \d+ changed/,
    before: 'Zażółć',
    after: 'zażółć',
  },
  learnt: /learnt: (positive|no idea|negative)<end_of_turn>/,
}

const parquet = ['none', 'snappy', 'gzip', 'brotli', 'zstd', 'lz4']
const arrow = ['text-lz4.arrow', 'text-zstd.stream.arrow']

const WALKS: Record<string, Walk> = {
  ...Object.fromEntries(
    Object.entries(QUESTIONS).map(([name, files]): [string, Walk] => [name, { ...QUESTIONS_WALK, files }]),
  ),
  'two CSVs': { ...QUESTIONS_WALK, files: TWO_FILES },
  'conversations in JSON lines': {
    files: [CONVERSATIONS],
    size: '24 rows · 1 column',
    cell: 'Behind hill 2, à gauche.',
    kind: 'Chat',
    finding: /row 7/i,
    step: TIDY,
    learnt: /learnt: Behind hill \d+, .+ gauche\.<end_of_turn>/,
    read: 'Where is the caf',
  },
  'plain text': {
    files: [LINES],
    size: '24 rows · 1 column',
    cell: 'there were 2 hills.',
    kind: 'Text',
    step: {
      name: 'Tidy up spaces',
      counts: /24 rows in, 24 out · 24 changed/,
      before: 'Once upon  a time there were 1 hills.',
      after: 'Once upon a time there were 1 hills.',
    },
    learnt: /learnt: .*Once upon a time there were \d+ hills\./,
  },
  'labels in TSV': {
    files: [LABELS],
    size: '24 rows · 2 columns',
    cell: 'The  soup on day 2 was good.',
    kind: 'Question, answer',
    step: {
      name: 'Upper or lower case',
      counts: /24 rows in, 24 out · 24 changed/,
      before: 'The  soup on day 1 was bad.',
      after: 'the  soup on day 1 was bad.',
    },
    learnt: /learnt: (positive|negative)<end_of_turn>/,
  },
  ...Object.fromEntries(
    parquet.map((codec): [string, Walk] => [
      `Parquet, ${codec}`,
      { ...TEXT_WALK, files: [golden('files', `text-${codec}.parquet`)] },
    ]),
  ),
  ...Object.fromEntries(
    arrow.map((name): [string, Walk] => [`Arrow, ${name}`, { ...TEXT_WALK, files: [golden('files', name)] }]),
  ),
}

for (const kind of ['tfrecord', 'array_record', 'parquet'] as const)
  WALKS[`TensorFlow Datasets, ${kind}`] = { ...TFDS_WALK, files: tfdsFolder(kind) }

WALKS.Excel = {
  files: [golden('files', 'workbook.xlsx')],
  size: '3 rows · 5 columns',
  cell: 'Grüß dich 🙂',
  kind: 'Question, answer',
  finding: /row 2\b.*response|response.*row 2\b/i,
  step: {
    name: 'Upper or lower case',
    counts: /3 rows in, 3 out · \d changed/,
    before: 'Hallo',
    after: 'hallo',
  },
  learnt: /learnt: .+<end_of_turn>/,
}

WALKS.Feather = {
  files: [golden('files', 'typed-lz4.feather')],
  size: '3 rows · 19 columns',
  cell: '-9007199254740991',
  kind: 'Chat',
  finding: /messages/,
  step: {
    name: 'Drop rows with empty cells',
    counts: /3 rows in, 2 out · 1 dropped/,
    before: '',
    after: 'dropped',
  },
  learnt: /learnt: ho<end_of_turn>/,
}

const tab = (page: Page, name: string | RegExp) => page.getByRole('tab', { name }).click()

async function choose(page: Page, label: string, option: string): Promise<void> {
  await page.getByRole('button', { name: new RegExp(`^${label}`) }).click()
  await page.getByRole('option', { name: option, exact: true }).click()
}

async function walk(page: Page, given: Walk): Promise<void> {
  await page.getByLabel('Choose a file').setInputFiles(given.files)
  // Opened, with its first rows.
  await expect(page.getByText(given.size)).toBeVisible()
  await expect(page.getByRole('tabpanel').getByText(given.cell).first()).toBeVisible()

  // Mapped, as guessed or by hand.
  const kind = page.getByRole('radio', { name: given.kind })
  if (given.roles) {
    await kind.check()
    for (const [label, column] of Object.entries(given.roles)) await choose(page, label, column)
  }
  await expect(kind).toBeChecked()

  // Findings name row and column.
  if (given.finding) await expect(page.locator('.findings')).toContainText(given.finding)

  // A step, with what it does.
  const { name, counts, before, after } = given.step
  await tab(page, /^Steps/)
  await page.getByRole('button', { name: 'Add a step' }).click()
  await page.getByRole('menuitem', { name }).click()
  const step = page.getByRole('list', { name: 'Steps in order' }).getByRole('listitem')
  await expect(step).toContainText(counts)
  await step.getByText('Before and after').click()
  const sample = step.getByRole('region', { name: 'Before and after' }).locator('tbody tr').first()
  await expect(sample.locator('td').nth(-2)).toContainText(before)
  await expect(sample.locator('td').last()).toContainText(after)

  // As the model sees it, what is learnt apart from what is only read.
  await tab(page, 'As the model sees it')
  const tokens = page.getByRole('region', { name: 'Examples as tokens' })
  await expect(tokens.locator('.learnt').first()).toHaveText(given.learnt)
  if (given.read) await expect(tokens.locator('.read').first()).toContainText(given.read)
}

async function another(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Data', exact: true }).click()
  await page.getByRole('button', { name: 'Choose other data' }).click()
}

/** Two steps on what was prepared, whatever kind it is. */
async function train(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Train', exact: true }).click()
  await page.getByRole('textbox', { name: 'Steps' }).fill('2')
  await page.getByRole('button', { name: /^(Start training|Train again)$/ }).click()
  await expect(page.getByText('Done. The adapter is ready.')).toBeVisible({ timeout: PATIENCE })
  await page.getByRole('button', { name: 'Train again' }).waitFor()
}

/** One of each kind of mapping goes on to be learnt. */
const TRAINED = ['CSV', 'conversations in JSON lines', 'plain text', 'labels in TSV']

test('every format becomes rows, a mapping, findings, steps and tokens', async ({ page }) => {
  const complaints = watchForComplaints(page)
  await page.goto('/?engine=portable')
  for (const [name, given] of Object.entries(WALKS))
    await test.step(name, async () => {
      await walk(page, given)
      if (TRAINED.includes(name)) await train(page)
      await another(page)
    })
  expect(complaints).toEqual([])
})

test('what is damaged is refused where it lies, in words, and the page goes on', async ({ page }) => {
  const complaints = watchForComplaints(page)
  await page.goto('/?engine=portable')
  const main = page.getByRole('main')
  for (const [file, words] of damaged())
    await test.step(file.name, async () => {
      await page.getByLabel('Choose a file').setInputFiles(file)
      const notice = main.getByRole('alert')
      await expect(notice).toContainText(words)
      await expect(notice).toContainText(file.name)
      await notice.getByRole('button', { name: 'Dismiss' }).click()
      await expect(notice).toBeHidden()
    })
  await page.getByLabel('Choose a file').setInputFiles(QUESTIONS.CSV!)
  await expect(page.getByText('24 rows · 2 columns')).toBeVisible()
  expect(complaints).toEqual([])
})
