import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Marked } from 'marked'
import { LANGUAGES, type Language } from '../../src/protocol/embed.ts'
import { GUIDE_POLICY } from '../../src/protocol/policy.ts'
import { english } from '../../src/ui/messages/english.ts'
import { nameOfLanguage } from '../../src/ui/messages/format.ts'
import type { Catalogue, Entry } from '../../src/ui/messages/t.ts'
import { zhHant } from '../../src/ui/messages/zh-Hant/index.ts'
import { AROUND, DOCUMENTS, PAGES, type PageName, SECTIONS, TUTORIALS } from './pages.ts'
import { settingsTable } from './settings.ts'

const TEXTS: Record<Language, Catalogue> = { en: english, 'zh-Hant': zhHant }

interface Source {
  markdown: string
  /** That it is written in; English where a page has not been translated. */
  language: Language
}

/**
 * The guide as static pages: `LANGUAGE/NAME.html` for each page and language, to be put into `guide/` beside the studio.
 * @param root of the repository
 * @throws Error naming page and text where a page quotes a text that the studio does not have, or leads to a page that is not there
 */
export function renderGuide(root: string): Map<string, string> {
  const files = new Map<string, string>()
  for (const language of LANGUAGES) {
    const titles = new Map(PAGES.map((name) => [name, titleOf(sourceOf(root, name, language).markdown)]))
    for (const name of PAGES)
      files.set(`${language}/${name}.html`, page(name, language, sourceOf(root, name, language), titles))
  }
  return files
}

function sourceOf(root: string, name: PageName, language: Language): Source {
  const own = join(root, 'docs/guide', language, `${name}.md`)
  if (existsSync(own)) return { markdown: readFileSync(own, 'utf8'), language }
  const english = DOCUMENTS[name] ?? `docs/guide/en/${name}.md`
  return { markdown: readFileSync(join(root, english), 'utf8'), language: 'en' }
}

function titleOf(markdown: string): string {
  const title = /^# (.+)$/m.exec(markdown)?.[1]
  if (!title) throw new Error(`A page of the guide has no title: ${markdown.slice(0, 60)}`)
  return title
}

function page(
  name: PageName,
  language: Language,
  source: Source,
  titles: ReadonlyMap<PageName, string>,
): string {
  const around = AROUND[language]
  const body = bodyOf(name, source)
  const items = SECTIONS.map(
    ([section, names]) =>
      `<h2>${around[section]}</h2>\n<ul>\n${names
        .map((other) => {
          const here = other === name ? ' aria-current="page"' : ''
          return `<li><a href="${other}.html"${here}>${plain(titles.get(other)!)}</a></li>`
        })
        .join('\n')}\n</ul>`,
  ).join('\n')
  const others = LANGUAGES.filter((other) => other !== language).map(
    (other) =>
      `<a href="../${other}/${name}.html" lang="${other}" hreflang="${other}">${nameOfLanguage(other)}</a>`,
  )
  const foreign = source.language === language ? '' : `<p class="note">${around.english}</p>\n`
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${GUIDE_POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${plain(titles.get(name)!)} · Lapidary</title>
<link rel="icon" href="../../favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="../guide.css">
<script src="../guide.js"></script>
${TUTORIALS.includes(name) || /<lapidary-studio/.test(body) ? '<script src="../../embed.js" defer></script>\n' : ''}</head>
<body>
<header class="bar"><a class="brand" href="index.html">Lapidary · ${around.guide}</a><span>${others.join(' ')}</span><a class="open" href="../../">${around.studio}</a></header>
<div class="columns">
<nav aria-label="${around.pages}">
<details open><summary>${around.pages}</summary>
${items}
</details>
</nav>
<main lang="${source.language}">
${foreign}${body}</main>
</div>
</body>
</html>
`
}

/** `[[train.start]]` is what the page calls it; `<!-- settings -->` the table of all settings. */
function bodyOf(name: PageName, { markdown, language }: Source): string {
  const texts = TEXTS[language]
  const filled = (language === 'en' ? markdown : unbroken(markdown))
    .replace('<!-- settings -->', () => settingsTable(language, texts))
    .replace(/\[\[([\w.-]+)\]\]/g, (_, key: string) => {
      const entry = (texts as Record<string, Entry>)[key]
      if (entry === undefined)
        throw new Error(`docs/guide/${language}/${name}.md quotes "${key}", which is no text of the page.`)
      // Not by asterisks: beside a full-width mark, or between characters without spaces, Markdown takes them for text.
      return `<strong>${escaped(typeof entry === 'string' ? entry : entry.other)}</strong>`
    })
  const parsed = new Marked({ renderer: renderer(name) }).parse(filled, { async: false }) as string
  // Markdown wants a space there, Chinese does not.
  const body =
    language === 'en' ? parsed : parsed.replace(/(?<=[，。；：！？）」]<\/strong>) (?=\p{Script=Han})/gu, '')
  const left = /.{0,20}(?:\*\*|\]\(|<p>\|).{0,20}/.exec(body.replace(/<(pre|code)\b.*?<\/\1>/gs, ''))
  if (left) throw new Error(`docs/guide/${language}/${name}.md has marks that stay marks: ${left[0]}`)
  return body
}

/** Chinese has no spaces, and a browser makes one of each line's end: within a paragraph, where either side is Chinese or a full-width mark. */
const unbroken = (markdown: string): string =>
  markdown
    .replace(
      /(?<=[\p{Script=Han}，。；：、！？（）「」])\n(?=[\p{Script=Han}，。；：、！？（）「」]|\[\[)/gu,
      '',
    )
    .replace(/(?<=[，。；：、！？）」])\n(?![\s#|<>`-]|\d+\. )/gu, '')

function renderer(name: PageName): ConstructorParameters<typeof Marked>[0]['renderer'] {
  return {
    heading({ tokens, depth, text }) {
      return `<h${depth} id="${anchorOf(text)}">${this.parser.parseInline(tokens)}</h${depth}>\n`
    },
    // Wide ones are moved by themselves, not with the page.
    table(token) {
      const cells = (row: typeof token.header, tag: string) =>
        `<tr>${row.map(({ tokens }) => `<${tag}>${this.parser.parseInline(tokens)}</${tag}>`).join('')}</tr>`
      return `<div class="table" tabindex="0"><table><thead>${cells(token.header, 'th')}</thead><tbody>${token.rows.map((row) => cells(row, 'td')).join('\n')}</tbody></table></div>\n`
    },
    // So is code, by the keyboard too.
    code({ text }) {
      return `<pre tabindex="0"><code>${escaped(text)}\n</code></pre>\n`
    },
    link({ href, tokens }) {
      const text = this.parser.parseInline(tokens)
      const there = addressOf(name, href)
      return there === null ? text : `<a href="${there}">${text}</a>`
    },
  }
}

/** Where a link of a page leads; null for files of the repository, which a site does not have. */
function addressOf(name: PageName, href: string): string | null {
  if (/^(https:|#|\.\.\/\.\.\/)/.test(href)) return href
  const [, file, anchor = ''] = /^([\w-]+)\.(?:md|html)(#.*)?$/.exec(href) ?? []
  if (file && (PAGES as readonly string[]).includes(file)) return `${file}.html${anchor}`
  if (DOCUMENTS[name]) return null
  throw new Error(`The guide's page "${name}" leads to ${href}, which is not there.`)
}

/** As GitHub makes them of headings. */
const anchorOf = (text: string) =>
  text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s-]/gu, '')
    .trim()
    .replace(/\s/g, '-')

const escaped = (text: string) => text.replace(/&/g, '&amp;').replace(/</g, '&lt;')

/** Without marks. */
const plain = (text: string) => escaped(text.replace(/[`*]/g, ''))
