import type { Table } from 'apache-arrow'
import { examplesOf, synthesise } from '../dataset/augment/synthetic.ts'
import { labelCounts } from '../dataset/pipeline.ts'
import { makeTable } from '../files/table.ts'
import { fail } from '../protocol/errors.ts'
import type { Finding } from '../protocol/preparation.ts'
import { dataSeed } from '../protocol/run-config.ts'
import type { DataRoom, DatasetInfo } from '../protocol/studio.ts'
import type { StoredDataset } from '../storage/database.ts'
import type { Preparation } from './preparation.ts'

const SHOTS = 3
/** Examples shown of those that were written. */
const SHOWN = 10
const MOST = 5000

/** The data room's `synthesise`: training rows in, a stored set of written examples out. */
export function synthesiser(
  preparation: Preparation,
  find: (dataset: string) => Promise<StoredDataset>,
  keep: (name: string, table: Table, more: Partial<DatasetInfo>) => Promise<DatasetInfo>,
): DataRoom['synthesise'] {
  return async (recipe, request, generate, { signal, onProgress, onPreview } = {}) => {
    if (!(Number.isInteger(request.count) && request.count >= 1 && request.count <= MOST))
      fail('bad_config', `${request.count} examples cannot be asked for.`, `Choose from 1 to ${MOST}.`, {
        field: 'count',
        found: request.count,
      })
    const stored = await find(recipe.dataset)
    const rows = await preparation.trainingRows(recipe, signal)
    const examples = examplesOf(rows)
    if (examples.length < 2)
      fail(
        'bad_data',
        'There are too few examples with one question and one answer to show a model.',
        'Examples can be written for prompt-and-response data with at least two training rows.',
        { examples: examples.length },
      )
    const labels = labelCounts({ train: rows, validation: [], test: [] })?.map(({ label }) => label) ?? null
    const { kept, asked, rejected } = await synthesise(examples, generate, {
      count: request.count,
      shots: request.shots ?? SHOTS,
      seed: dataSeed(recipe.config),
      wish: request.wish ?? '',
      labels,
      onProgress: (progress) => {
        onPreview?.(progress)
        onProgress?.({ share: progress.kept / progress.wanted })
      },
      ...(signal ? { signal } : {}),
    })
    const findings: Finding[] = []
    if (request.practice)
      findings.push({
        severity: 'warning',
        message: `${request.author} is a practice model: what it writes is poor.`,
        hint: 'Choose a real Gemma on the Model page, and have the examples written by it.',
      })
    if (kept.length < request.count)
      findings.push({
        severity: 'note',
        message: `${kept.length} of ${request.count} examples could be used; ${asked} were written.`,
        hint: 'The rest were unreadable, copies, or much alike. A larger model, or more examples to show it, gives more.',
        count: kept.length,
      })
    if (kept.length === 0) return { set: null, kept: 0, asked, rejected, examples: [], findings }
    const table = makeTable([
      { name: 'prompt', values: kept.map(({ prompt }) => prompt) },
      { name: 'response', values: kept.map(({ response }) => response) },
      { name: 'system', values: kept.map(() => systemText(rows)) },
    ])
    const info = await keep(`Written by ${request.author}: ${stored.info.name}`, table, {
      synthetic: { from: stored.id, author: request.author },
    })
    return {
      set: { dataset: info.id, hash: info.hash },
      kept: kept.length,
      asked,
      rejected,
      examples: kept.slice(0, SHOWN),
      findings,
    }
  }
}

/** The system text where every training row has the same one: new examples are asked under it too. */
function systemText(rows: readonly object[]): string | null {
  const texts = new Set(
    rows.map((row) => {
      const first = 'messages' in row ? (row.messages as { role: string; content: string }[])[0] : undefined
      return first?.role === 'system' ? first.content : null
    }),
  )
  return texts.size === 1 ? [...texts][0]! : null
}
