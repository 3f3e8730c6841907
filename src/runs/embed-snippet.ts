import { FRAME_ALLOW } from '../lib/embed-text.ts'
import { readPairs, readValue, writePairs } from '../lib/link-pairs.ts'

export interface SnippetWish {
  /** A link to the run, as `writeLink` makes it, in a frame or not. */
  link: string
  /** Address of the studio, with a slash at its end. */
  studio: string
  kind: 'script' | 'frame'
  /** CSS pixels; null: as high as the content, which a plain frame cannot be. */
  height: number | null
  /** First line of the rows that are to stand in the element, where the link has none. */
  columns: readonly string[]
}

/** A plain frame's height where none is said: the studio is usable in 600 by 480. */
const FRAME_HEIGHT = 480

/** What to put into a page so that it has the run of a link in it. */
export function snippet({ link, studio, kind, height, columns }: SnippetWish): string {
  const { pairs } = readPairs(link.slice(link.indexOf('?') + 1))
  const place = /#\/(\w+)/.exec(link)?.[1] ?? 'train'
  const data = pairs.find(([name]) => name === 'data')?.[1]
  const said = pairs.filter(([name, value]) => {
    if (name === 'v' || name === 'embed' || (name === 'model' && value === 'pebble')) return false
    // The version of the studio pins what is shipped with it; rows in the element are what they are.
    if (name === 'model.hash') return !pairs.some(([other, id]) => other === 'model' && id === 'pebble')
    return !(/^data\.(hash|name)$/.test(name) && !/^(https?|hub):/.test(data ?? ''))
  })
  if (kind === 'frame') {
    const src = `${studio}#/${place}?${writePairs([['v', '1'], ...said, ['embed', 'frame']])}`
    return `<iframe src="${attribute(src)}" title="Lapidary" width="600" height="${height ?? FRAME_HEIGHT}" style="border: 0; max-width: 100%" allow="${FRAME_ALLOW}" loading="lazy"></iframe>`
  }
  const own = said.filter(([name]) => /^(data|model|parts|locked|theme|lang|sealed)$/.test(name))
  const config: Record<string, unknown> = {}
  for (const [name, value] of said) {
    const [section, field] = name.split('.') as [string, string?]
    if (field !== undefined)
      (config[section] = (config[section] ?? {}) as Record<string, unknown>)[field as never] = readValue(
        value,
      ) as never
    else if (section === 'start') config.start = readValue(value)
  }
  const attributes = [
    ...own.map(([name, value]) => `${name}="${attribute(value)}"`),
    ...(height === null ? [] : [`height="${height}"`]),
  ]
  const inside = [
    ...(Object.keys(config).length > 0
      ? [
          `  <script type="application/json">\n${inScript(JSON.stringify(config, null, 2)).replace(/^/gm, '    ')}\n  </script>`,
        ]
      : []),
    ...(data
      ? []
      : [`  <script type="text/csv">\n    ${inScript(columns.map(cell).join(','))}\n    …\n  </script>`]),
  ]
  const open = ['<lapidary-studio', ...attributes].join(' ')
  return [
    `<script src="${attribute(`${studio}embed.js`)}" defer></script>`,
    inside.length === 0 ? `${open}></lapidary-studio>` : `${open}>\n${inside.join('\n')}\n</lapidary-studio>`,
  ].join('\n')
}

/** The same studio under an address that stays: what is at `latest` will be another. @param version of this studio */
export function pinned(studio: string, version: string): string {
  return studio.replace(/\/latest\/$/, `/v${version}/`)
}

const attribute = (text: string) => text.replace(/&/g, '&amp;').replace(/"/g, '&quot;').replace(/</g, '&lt;')

/** Nothing in it may end the element around it. */
const inScript = (text: string) => text.replace(/<(?=\/script|!--)/gi, '\\u003c')

const cell = (text: string) => (/[",\n\r]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text)
