import type { StepOf } from '../../protocol/data-steps.ts'
import { CONTROL, INVISIBLE } from '../characters.ts'
import { repairEncoding } from '../encoding.ts'
import type { Frame } from '../frame.ts'
import { mapText, type StepContext, type StepResult, textColumns } from './step.ts'

/** Steps that rewrite text cell by cell, the turns of conversations included. */

export function normalizeUnicode(
  frame: Frame,
  step: StepOf<'normalize_unicode'>,
  context: StepContext,
): StepResult {
  return mapText(frame, textColumns(frame, step.columns), (text) => text.normalize(step.form), context)
}

export function whitespace(frame: Frame, step: StepOf<'whitespace'>, context: StepContext): StepResult {
  return mapText(frame, textColumns(frame, step.columns), (text) => tidySpace(text, step), context)
}

/** Line ends become `\n` whatever else is asked for: three ways of writing one thing teach a model nothing. */
export function tidySpace(
  text: string,
  { trim, collapse, blank_lines }: Pick<StepOf<'whitespace'>, 'trim' | 'collapse' | 'blank_lines'>,
): string {
  let result = text.replace(/\r\n?|\u2028|\u2029|\u0085/g, '\n')
  if (collapse === 'all') result = result.replace(/\s+/g, ' ')
  else {
    // Single spaces, which are most of a text, are passed over.
    if (collapse === 'spaces')
      result = result.replace(/[^\S\n]{2,}|[^\S\n ]/g, ' ').replace(/ \n ?|\n /g, '\n')
    if (blank_lines !== null)
      result = result.replace(/\n{2,}/g, (lines) => '\n'.repeat(Math.min(lines.length, blank_lines + 1)))
  }
  return trim ? result.trim() : result
}

export function changeCase(frame: Frame, step: StepOf<'case'>, context: StepContext): StepResult {
  const change = {
    lower: (text: string) => text.toLowerCase(),
    upper: (text: string) => text.toUpperCase(),
    sentence: sentenceCase,
  }[step.to]
  return mapText(frame, textColumns(frame, step.columns), change, context)
}

/** Lower case, with a capital at the start and after the end of each sentence. */
export function sentenceCase(text: string): string {
  return text
    .toLowerCase()
    .replace(/(^|[.!?…]["')\]]*\s+|\n\s*)(["'([¿¡]*)(\p{Ll})/gu, (_, before, open, letter: string) => {
      return `${before}${open}${letter.toUpperCase()}`
    })
}

export function controlCharacters(
  frame: Frame,
  step: StepOf<'control_characters'>,
  context: StepContext,
): StepResult {
  const take = (text: string) => {
    const plain = text.replace(CONTROL, '')
    return step.invisible ? plain.replace(INVISIBLE, '') : plain
  }
  return mapText(frame, textColumns(frame, step.columns), take, context)
}

export function repairText(frame: Frame, step: StepOf<'repair_encoding'>, context: StepContext): StepResult {
  return mapText(frame, textColumns(frame, step.columns), repairEncoding, context)
}
