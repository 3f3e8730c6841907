import { readFileSync, writeFileSync } from 'node:fs'
import Papa from 'papaparse'
import { csvText } from '../../src/lib/csv-text.ts'

/**
 * Makes `public/benchmarks/banking77.csv` from the test file that PolyAI published (`test.csv` of banking77, CC BY 4.0): every fourth
 * question of each label, the first one included, in the order of the file.
 *
 *   npx tsx tools/benchmarks/banking77.ts TEST.csv
 */
const EVERY = 4

const [path] = process.argv.slice(2)
if (!path) throw new Error('Name the test.csv of banking77.')
const { data } = Papa.parse<{ text: string; category: string }>(readFileSync(path, 'utf8'), {
  header: true,
  skipEmptyLines: true,
})
const seen = new Map<string, number>()
const lines = data.flatMap(({ text, category }) => {
  const before = seen.get(category) ?? 0
  seen.set(category, before + 1)
  return before % EVERY === 0 ? [`${csvText(text)},${csvText(category)}`] : []
})
writeFileSync(
  new URL('../../public/benchmarks/banking77.csv', import.meta.url),
  `${['text,category', ...lines].join('\n')}\n`,
)
console.log(`${lines.length} questions of ${seen.size} labels`)
