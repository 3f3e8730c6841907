import { breathe } from '../../lib/breath.ts'
import { counted } from '../../lib/counted.ts'
import type { Finding, FindingKind, Fix } from '../../protocol/preparation.ts'
import { CONTROL, INVISIBLE, REPLACEMENT, TEMPLATE_TOKENS } from '../characters.ts'
import { wronglyDecoded } from '../encoding.ts'
import type { Frame } from '../frame.ts'
import { leaveOut, step } from './examples.ts'

/** Checks on the text itself, column by column. Each text is looked at once, quick signs first. */

/** Bounded everywhere, so that no text can make them slow. */
export const EMAIL = /[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,253}\.[A-Za-z]{2,24}/g
/** International with a plus, North American, and with a leading zero as in much of Europe. */
export const PHONE =
  /\+\d[\d ().-]{6,18}\d|(?<![\d-])\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}(?![\d-])|(?<![\d.,-])0\d{2,4}[ /-]\d{3}[\d -]{2,9}\d/g

interface Check {
  kind: FindingKind
  severity: Finding['severity']
  /** The first of what is looked for in a text. */
  find: (text: string) => string | null
  what: string
  hint: string
  fix: (column: string, count: number) => Fix
}

const UNUSUAL = new RegExp([CONTROL, INVISIBLE, REPLACEMENT].map(({ source }) => source).join('|'))

const replaceBy = (label: string, pattern: RegExp, by: string) => (column: string) =>
  step(label, {
    type: 'replace',
    enabled: true,
    columns: [column],
    find: pattern.source,
    with: by,
    mode: 'regex',
    ignore_case: false,
  })

/** @param sign cheap to look for, and in every text that the global pattern fits */
const matching = (pattern: RegExp, sign: (text: string) => boolean) => (text: string) => {
  if (!sign(text)) return null
  pattern.lastIndex = 0
  return pattern.exec(text)?.[0] ?? null
}

const unusual = (text: string) => UNUSUAL.test(text)

const CHECKS: readonly Check[] = [
  {
    kind: 'wrong_encoding',
    severity: 'warning',
    find: (text) => {
      const word = wronglyDecoded(text)
      return word && `${cut(word.found)}" for "${cut(word.meant)}`
    },
    what: 'letters that were decoded wrongly',
    hint: 'The file holds UTF-8 that some program took for Latin-1; the model would learn it as it stands. It can be turned back.',
    fix: (column) => step('Repair them', { type: 'repair_encoding', enabled: true, columns: [column] }),
  },
  {
    kind: 'control_characters',
    severity: 'warning',
    find: matching(CONTROL, unusual),
    what: 'control characters',
    hint: 'They are invisible, and the model would learn to write them. Take them out.',
    fix: (column) =>
      step('Take them out', {
        type: 'control_characters',
        enabled: true,
        columns: [column],
        invisible: false,
      }),
  },
  {
    kind: 'invisible_characters',
    severity: 'note',
    find: matching(INVISIBLE, unusual),
    what: 'invisible characters (zero-width or direction marks)',
    hint: 'Words with them look the same and are others to the model. Take them out unless they are meant.',
    fix: (column) =>
      step('Take them out', {
        type: 'control_characters',
        enabled: true,
        columns: [column],
        invisible: true,
      }),
  },
  {
    kind: 'replacement_characters',
    severity: 'warning',
    find: matching(REPLACEMENT, unusual),
    what: 'replacement characters (\ufffd): letters that were lost when the file was written in another encoding',
    hint: 'What stood there cannot be brought back from this file. Export it again as UTF-8, or leave these rows out.',
    fix: (column, count) =>
      step(leaveOut(count), {
        type: 'filter',
        enabled: true,
        column,
        keep: false,
        test: { is: 'contains', text: '\ufffd', ignore_case: false },
      }),
  },
  {
    kind: 'template_tokens',
    severity: 'warning',
    find: matching(
      TEMPLATE_TOKENS,
      (text) => text.includes('<') || text.includes('[INST]') || text.includes('[/INST]'),
    ),
    what: 'tokens of a chat template',
    hint: 'The chat template is put around each turn on its own; inside the text such a token would end the turn early or begin another. Take them out.',
    fix: replaceBy('Take them out', TEMPLATE_TOKENS, ''),
  },
  {
    kind: 'personal_data',
    severity: 'note',
    find: matching(EMAIL, (text) => text.includes('@')),
    what: 'e-mail addresses',
    hint: 'Nothing leaves this machine, but a tuned model may say them to whoever asks. Mask them if they are of real people.',
    fix: replaceBy('Mask them', EMAIL, '[e-mail]'),
  },
  {
    kind: 'personal_data',
    severity: 'note',
    find: matching(PHONE, (text) => /\d{3}/.test(text)),
    what: 'telephone numbers',
    hint: 'Nothing leaves this machine, but a tuned model may say them to whoever asks. Mask them if they are of real people.',
    fix: replaceBy('Mask them', PHONE, '[phone]'),
  },
]

/** @param columns those that examples are made of; others are never seen by the model */
export async function textFindings(
  frame: Frame,
  columns: readonly string[],
  signal?: AbortSignal,
): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const column of columns) {
    const counts = CHECKS.map(() => ({ count: 0, row: -1, match: '' }))
    let paused = performance.now()
    for (const [i, value] of frame.column(column).entries()) {
      if ((i & 1023) === 0 && performance.now() - paused > 30) {
        // A worker must come up for air to hear of a stop.
        await breathe()
        signal?.throwIfAborted()
        paused = performance.now()
      }
      for (const text of textsOf(value))
        for (const [c, check] of CHECKS.entries()) {
          const match = check.find(text)
          if (match === null) continue
          const tally = counts[c]!
          if (tally.count++ === 0) [tally.row, tally.match] = [frame.source[i]!, match]
        }
    }
    for (const [c, { count, row, match }] of counts.entries()) {
      if (count === 0) continue
      const { kind, severity, what, hint, fix } = CHECKS[c]!
      findings.push({
        kind,
        severity,
        message: `${counted(count, 'text', 'texts')} in "${column}" ${count === 1 ? 'holds' : 'hold'} ${what}${visible(match)}, row ${frame.number(row)} first.`,
        hint,
        row,
        column,
        count,
        fix: fix(column, count),
      })
    }
  }
  return findings
}

function visible(match: string): string {
  return UNUSUAL.test(match) ? '' : `, such as "${cut(match, 100)}"`
}

function cut(text: string, most = 40): string {
  return text.length > most ? `${text.slice(0, most)}…` : text
}

/** A cell's text, or that of the turns in it. */
function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([key, inner]) =>
    /^(role|from|type)$/.test(key) ? [] : textsOf(inner),
  )
}
