import type { SampleEvent } from '../protocol/events.ts'

/**
 * What a card says of the rows behind it, and those of them that a person chose to show.
 * @param thing what can recite others
 */
export function cardRows(shown: readonly SampleEvent[], thing: 'An adapter' | 'A model'): string[] {
  const recite = `${thing} can recite rows that it was trained on all the same: whoever gets it may get at them.`
  const settings = 'texts that settings spell out, such as words for labels, are there as they were set.'
  if (shown.length === 0)
    return ['## What it may give away', '', `This card shows no rows of the data; ${settings}`, recite, '']
  return [
    '## Examples',
    '',
    ...shown.flatMap(({ prompt, base, tuned, reference }) => [
      ...block('Asked', prompt),
      ...block('The base model', base),
      ...block('Fine-tuned', tuned),
      ...(reference === undefined ? [] : block('In the data', reference)),
    ]),
    '## What it may give away',
    '',
    `This card shows the questions above with their answers, which were chosen to be shown, and no other rows; ${settings}`,
    recite,
    '',
  ]
}

/** Text as it is, whatever Markdown it holds. */
function block(title: string, text: string): string[] {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([ticks]) => ticks.length))
  const fence = '`'.repeat(longest + 1)
  return [`${title}:`, '', `${fence}text`, text, fence, '']
}
