import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { DOCUMENTS, PAGES, TUTORIALS } from '../cli/guide/pages.ts'
import { renderGuide } from '../cli/guide/render.ts'
import { fieldNames } from '../src/protocol/config-fields.ts'
import { LANGUAGES } from '../src/protocol/embed.ts'
import { GUIDE_POLICY } from '../src/protocol/policy.ts'

const ROOT = join(import.meta.dirname, '..')
const pages = renderGuide(ROOT)

describe('the guide', () => {
  test('is there in each language; documents of the repository in English', () => {
    expect([...pages.keys()].sort()).toEqual(
      LANGUAGES.flatMap((tag) => PAGES.map((name) => `${tag}/${name}.html`)).sort(),
    )
    for (const tag of LANGUAGES) {
      const own = readdirSync(join(ROOT, 'docs/guide', tag)).sort()
      expect(own).toEqual(
        PAGES.filter((name) => !DOCUMENTS[name])
          .map((name) => `${name}.md`)
          .sort(),
      )
    }
    expect(pages.get('zh-Hant/config.html')).toContain('<main lang="en">')
    expect(pages.get('zh-Hant/index.html')).toContain('<main lang="zh-Hant">')
  })

  test('has the same shape in each language: headings, tables, code and frames', () => {
    const shape = (html: string) =>
      [...html.matchAll(/<(h[1-6]|table|pre|lapidary-studio|ol|ul)\b/g)].map(([, tag]) => tag)
    for (const name of PAGES)
      expect([name, shape(pages.get(`zh-Hant/${name}.html`)!)]).toEqual([
        name,
        shape(pages.get(`en/${name}.html`)!),
      ])
  })

  test('leads nowhere that is not there', () => {
    let links = 0
    for (const [path, html] of pages) {
      const ids = new Set([...html.matchAll(/ id="([^"]+)"/g)].map(([, id]) => id))
      for (const [, href] of html.matchAll(/<a [^>]*href="([^"]+)"/g)) {
        links++
        if (/^https:/.test(href!) || href === '../../') continue
        const [file, anchor] = href!.split('#') as [string, string?]
        if (file)
          expect([path, href, pages.has(new URL(file, `http://x/${path}`).pathname.slice(1))]).toEqual([
            path,
            href,
            true,
          ])
        else expect([path, href, ids.has(decodeURIComponent(anchor!))]).toEqual([path, href, true])
      }
    }
    expect(links).toBeGreaterThan(300)
  })

  test('each page carries a policy, before anything that it could hold back, and needs no more than that allows', () => {
    const sent = JSON.parse(readFileSync(join(ROOT, 'hosting/firebase/firebase.json'), 'utf8'))
      .hosting.headers.find(({ source }: { source: string }) => source === '**')
      .headers.find(({ key }: { key: string }) => key === 'Content-Security-Policy').value
    for (const [path, html] of pages) {
      const at = html.indexOf(`<meta http-equiv="Content-Security-Policy" content="${GUIDE_POLICY}">`)
      expect([path, at]).toEqual([path, html.indexOf('<meta charset="utf-8">') + 23])
      // Data alone stand in the page, and what is loaded lies beside it.
      const scripts = [...html.matchAll(/<script\b([^>]*)>/g)].map(([, attributes]) => attributes!.trim())
      for (const script of scripts)
        expect([path, script]).toEqual([
          path,
          expect.stringMatching(
            /^(src="(\.\.\/)+[a-z]+\.js"( defer)?|type="(text\/csv|application\/json)")$/,
          ),
        ])
      expect([
        path,
        html.match(/<style\b|\sstyle=|\son\w+=|<(img|object|embed|iframe|form|base)\b/g),
      ]).toEqual([path, null])
    }
    // The studio's, which a host may send with every file, lets the guide have all of it.
    for (const rule of ["default-src 'self'", "script-src 'self'", "style-src 'self'", "connect-src 'self'"])
      expect(sent).toContain(rule)
    expect(sent).not.toMatch(/frame-src|child-src/)
  })

  test('describes each setting of the Train page with its limits', () => {
    const html = pages.get('en/settings.html')!
    for (const name of fieldNames('lora')) expect(html).toContain(`lora.${name}`)
    expect(html).toContain('<code>training.learning_rate</code>')
    expect(html).toMatch(/lora\.r<\/code><\/td><td>Pebble\u00A0\d+<br>270M\u00A0\d+/)
  })

  test('each tutorial holds the studio with data', () => {
    expect(TUTORIALS).toHaveLength(4)
    for (const tag of LANGUAGES)
      for (const name of TUTORIALS) {
        const html = pages.get(`${tag}/${name}.html`)!
        expect(html).toContain('embed.js')
        expect(html).toMatch(/<lapidary-studio data="sample:\w+"|<script type="text\/csv">\ntext\n"/)
      }
  })

  test('quotes the page in its own words', () => {
    const english = readFileSync(join(ROOT, 'docs/guide/en/index.md'), 'utf8')
    expect(english).toContain('[[hero.begin]]')
    expect(pages.get('en/index.html')).toContain('<strong>Watch a model learn</strong>')
    expect(pages.get('zh-Hant/index.html')).toContain('<strong>看模型學習</strong>')
    // Where no space stands around it, and it ends with a mark of its own.
    expect(pages.get('zh-Hant/json.html')).toContain('<strong>學得多好？</strong>數')
    for (const html of pages.values()) expect(html).not.toMatch(/\[\[[\w.]+\]\]/)
  })
})

test('in Chinese no end of a line of the source becomes a space in a sentence', () => {
  const pages = [...renderGuide(ROOT)].filter(([path]) => path.startsWith('zh-Hant/'))
  const torn = pages.flatMap(([path, html]) => {
    const [, body] = /<main lang="zh-Hant">(.*)<\/main>/s.exec(html) ?? []
    const sentences = body?.replace(/<(pre|code|script)\b.*?<\/\1>/gs, 'code') ?? ''
    return [
      ...sentences.matchAll(
        /.{0,9}[\p{Script=Han}，。；：！？）」](?:<\/strong>)?[\n ](?=[\p{Script=Han}，。；：！？（「])/gu,
      ),
    ].map(([text]) => `${path}: ${text}`)
  })
  expect(pages.some(([, html]) => html.includes('<main lang="zh-Hant">'))).toBe(true)
  expect(torn).toEqual([])
})
