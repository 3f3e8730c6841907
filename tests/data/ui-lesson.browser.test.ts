import { expect, test } from 'vitest'
import { lessonNodes } from '../../src/ui/pages/Lesson/lesson-html.ts'

function shown(markdown: string) {
  const { nodes, leftOut } = lessonNodes(markdown)
  const place = document.createElement('div')
  place.append(nodes)
  return { html: place.innerHTML, place, leftOut }
}

test('a lesson is shown as text: headings, lists, tables, code, links, pictures in the text itself', () => {
  const { place, html, leftOut } = shown(
    [
      '# One',
      '### Three',
      '1. first',
      '- [ ] predict',
      '',
      '| a | b |',
      '|:--|--:|',
      '| 1 | 2 |',
      '',
      '```js',
      'alert(1)',
      '```',
      '[train](#train) [out](https://example.org/x) <!-- a note -->',
      '',
      '![dot](data:image/png;base64,iVBORw0KGgo=)',
    ].join('\n'),
  )
  expect(leftOut).toBe(false)
  expect([...place.querySelectorAll('h3')].map((each) => each.textContent)).toEqual(['One', 'Three'])
  expect(place.querySelector('td')!.textContent).toBe('1')
  expect(place.querySelector('pre code')!.textContent).toBe('alert(1)\n')
  expect(html).toContain('☐ predict')
  const [inner, outer] = place.querySelectorAll('a')
  expect(inner!.getAttribute('href')).toBe('#train')
  expect(inner!.target).toBe('')
  expect([outer!.href, outer!.target, outer!.rel]).toEqual([
    'https://example.org/x',
    '_blank',
    'noopener noreferrer',
  ])
  expect(place.querySelector('img')!.alt).toBe('dot')
})

test.each([
  ['<script>globalThis.hurt = 1</script>'],
  ['<img src=x onerror="globalThis.hurt = 1">'],
  ['<svg onload="globalThis.hurt = 1"><script>globalThis.hurt = 1</script></svg>'],
  ['<iframe srcdoc="<script>parent.hurt = 1</script>"></iframe>'],
  ['<style>body { display: none }</style>'],
  ['<form action="https://example.org"><input name="password"></form>'],
  ['<a href="javascript:globalThis.hurt = 1">press</a>'],
  ['![far](https://example.org/pixel.png)'],
  ['![far](//example.org/pixel.png)'],
  ['<p onclick="globalThis.hurt = 1">press</p>'],
  ['<object data="https://example.org"></object>'],
  ['<meta http-equiv="refresh" content="0; url=https://example.org">'],
  ['<math><mtext><table><mglyph><style><img src=x onerror="globalThis.hurt = 1">'],
])('what could act or fetch is left out, and that is said: %s', async (bad) => {
  const { place, leftOut } = shown(`Before.\n\n${bad}\n\nAfter.`)
  document.body.append(place)
  for (const link of place.querySelectorAll('a')) link.click()
  for (const text of place.querySelectorAll('p')) text.click()
  await new Promise((resolve) => setTimeout(resolve, 50))
  expect('hurt' in globalThis).toBe(false)
  expect(leftOut).toBe(true)
  expect(
    place.querySelector(
      'script, iframe, style, form, input, object, embed, svg, math, meta, link, [src]:not(img)',
    ),
  ).toBeNull()
  expect(place.querySelectorAll('img').length).toBe(0)
  expect(
    [...place.querySelectorAll('*')]
      .flatMap(({ attributes }) => [...attributes])
      .filter(({ name }) => /^on/.test(name)),
  ).toEqual([])
  expect(place.textContent).toContain('Before.')
  place.remove()
})
