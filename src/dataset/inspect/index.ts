import { breathe } from '../../lib/breath.ts'
import type { SplitConfig } from '../../protocol/data-steps.ts'
import type { Finding } from '../../protocol/preparation.ts'
import type { Mapping } from '../../protocol/recipe.ts'
import type { Frame } from '../frame.ts'
import { splitFrame } from '../split.ts'
import { classes, emptyLessons } from './answers.ts'
import {
  headerSpace,
  leftAside,
  namesAgain,
  numberText,
  oddColumns,
  optionsAside,
  preferencePairs,
  unwantedAnswers,
} from './columns.ts'
import {
  askedColumns,
  badConversations,
  countMissing,
  fewRows,
  leakage,
  missingValues,
  readExamples,
} from './examples.ts'
import { unsupportedColumns } from './media.ts'
import { Repeats } from './repeats.ts'
import { textFindings } from './text.ts'
import { sameSpeaker, systemTwice, turnsHoldMore } from './turns.ts'

export interface InspectOptions {
  mapping: Mapping
  split: SplitConfig | null
  /** 0 where nothing is held out, or not known yet: leakage is not looked for then. */
  validationShare: number
  seed: number
  /** Whether functions and calls of them are understood. */
  tools?: boolean
  signal?: AbortSignal
}

/**
 * Everything there is to know about rows before they are learnt from. Each finding names row and column, says what will
 * happen, and brings its remedy as data where there is one. Rows in `row` are 0-based, in messages 1-based. While the
 * mapping is not whole, what can be said without it is said.
 * @throws LapidaryError where the mapping's template or the split's column cannot be read
 */
export async function inspectFrame(frame: Frame, options: InspectOptions): Promise<Finding[]> {
  const { mapping, split, validationShare, seed, tools = false, signal } = options
  const findings = [
    ...fewRows(frame.rows),
    ...headerSpace(frame, mapping),
    ...namesAgain(frame, mapping),
    ...preferencePairs(frame, mapping),
    ...unwantedAnswers(frame, mapping),
    ...leftAside(frame, mapping, tools),
    ...optionsAside(frame, mapping),
    ...systemTwice(frame, mapping),
    ...turnsHoldMore(frame, mapping),
    ...sameSpeaker(frame, mapping),
    ...unsupportedColumns(frame, mapping),
    ...oddColumns(frame, mapping),
    ...missingValues(countMissing(frame, mapping), frame.rows),
  ]
  await breathe()
  signal?.throwIfAborted()
  const examples = readExamples(frame, mapping, tools)
  if (examples) {
    const isSplit =
      validationShare > 0 || (split !== null && (split.test_share > 0 || split.method === 'column'))
    const parts = isSplit
      ? splitFrame(frame, examples.at, { config: split, validationShare, seed }).parts
      : null
    findings.push(
      ...badConversations(examples, mapping),
      ...emptyLessons(examples, mapping),
      ...new Repeats().add(examples).findings(mapping),
      ...classes(frame, examples, mapping, parts),
    )
    if (parts) findings.push(...leakage(examples, parts, mapping))
  }
  findings.push(...numberText(frame), ...(await textFindings(frame, usedColumns(frame, mapping), signal)))
  return findings
}

/** Columns that the model will see; before there is a mapping, all of them. */
function usedColumns(frame: Frame, mapping: Mapping): string[] {
  const { response, system } = mapping
  const used = [...askedColumns(frame, mapping), response, system].filter((name) => name !== null)
  return used.length === 0 ? [...frame.names] : [...new Set(used)].filter((name) => frame.has(name))
}
