/** Text written inside an element of a page, without the lines around it and what all of its lines are set in by. */
export function dedented(text: string): string {
  const lines = text.replace(/\r\n?/g, '\n').split('\n')
  while (lines.length > 0 && lines[0]!.trim() === '') lines.shift()
  while (lines.length > 0 && lines.at(-1)!.trim() === '') lines.pop()
  const depth = Math.min(
    ...lines.filter((line) => line.trim() !== '').map((line) => /^[ \t]*/.exec(line)![0].length),
  )
  return lines.map((line) => `${line.slice(depth)}\n`).join('')
}

/** What a frame with the studio in it is allowed: threads, its Copy buttons, and a screen that stays on while it trains. */
export const FRAME_ALLOW = 'cross-origin-isolated; clipboard-write; screen-wake-lock'
