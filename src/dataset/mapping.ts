import type { Table } from 'apache-arrow'
import { columnNames } from '../files/table.ts'
import { fail, listed } from '../protocol/errors.ts'
import type { Mapping } from '../protocol/studio.ts'
import { parseTemplate } from '../protocol/template.ts'
import { normalName } from './column-names.ts'
import { Frame } from './frame.ts'

const ROLES = ['prompt', 'response', 'system', 'messages', 'text', 'input'] as const

/**
 * Holds a mapping against the columns there are.
 * @throws LapidaryError `missing_column` with the columns there are; `bad_data` where the roles contradict each other;
 * `bad_config` for a template that cannot be read.
 */
export function checkMapping(source: Table | Frame, mapping: Mapping): void {
  const names = source instanceof Frame ? source.names : columnNames(source)
  const choices = `Choose one of: ${listed(names)}.`
  for (const role of ROLES) {
    const column = mapping[role] ?? null
    if (column === null || names.includes(column)) continue
    const near = names.find((name) => normalName(name) === normalName(column))
    fail(
      'missing_column',
      `There is no column "${column}" for the ${role}.`,
      near ? `Did you mean "${near}"?` : choices,
      { role, column, columns: listed(names) },
    )
  }
  const { response, messages, text, system, template = null } = mapping
  const asked = template ?? mapping.prompt
  const kinds = [asked !== null || response !== null, messages !== null, text !== null].filter(Boolean).length
  if (kinds === 0)
    fail(
      'missing_column',
      'No column is chosen to learn from.',
      'Choose a prompt and a response, or messages, or text.',
      { columns: listed(names) },
    )
  if (kinds > 1 || (system !== null && asked === null && messages === null))
    fail(
      'bad_data',
      'The chosen columns contradict each other.',
      'Choose either a prompt and a response, or messages (and a system column with either), or text.',
    )
  if ((asked === null) !== (response === null) && messages === null && text === null) {
    const role = asked === null ? 'prompt' : 'response'
    fail('missing_column', `A ${role} column is needed, too.`, choices, { role, columns: listed(names) })
  }
  if (template !== null) parseTemplate(template, names)
}
