import { CHAT_RUN, type ChatAbout } from '../../protocol/chat-page.ts'
import { toFailure } from '../../protocol/errors.ts'
import { gatedFetch } from '../../protocol/gate.ts'
import type { Progress } from '../../protocol/rooms/call.ts'
import { openChat } from '../../workers/chat-client.ts'
import { chat as english } from '../messages/en-chat.ts'
import { formatBytes, formatNumber, useFormats } from '../messages/format.ts'
import { ofBrowser } from '../messages/of-browser.ts'
import type { Sayer } from '../messages/said.ts'
import { sentences } from '../messages/sentences.ts'

/** An exported chat page: questions to the base model and the adapter that lie beside it, in the language of the browser. */

let chat: Record<keyof typeof english, string> = english
/** What went wrong is told in English behind the page. */
let say: () => Promise<Sayer> = async () => (text) => text

const room = openChat()
const page = document.querySelector<HTMLElement>('#page')!
page.hidden = false
page.replaceChildren()

function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Record<string, string> = {},
  ...children: (Node | string)[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
  made.append(...children)
  return made
}

const filled = (text: string, values: Record<string, string>) =>
  text.replace(/\{(\w+)\}/g, (_, key: string) => values[key] ?? '')

/** What is wrong and what to do. */
async function inWords(error: unknown): Promise<string> {
  const { message, hint } = toFailure(error)
  const said = await say().catch(() => (text: string) => text)
  return sentences(said(message), said(hint))
}

async function failed(error: unknown): Promise<HTMLElement> {
  return element('p', { class: 'error', role: 'alert' }, await inWords(error))
}

async function speak(): Promise<void> {
  const language = ofBrowser(navigator.languages)
  if (language === 'en') return
  chat = (await import('../messages/zh-Hant/chat.ts')).chat
  say = async () => (await import('../messages/zh-Hant/said/index.ts')).zhHantSayer()
  useFormats(language)
  document.documentElement.lang = language
  document.title = chat.title
}

async function start(): Promise<void> {
  await speak().catch(() => {})
  const response = await gatedFetch('chat.json')
  show((await response.json()) as ChatAbout)
}

function show(about: ChatAbout): void {
  const prompt = element('textarea', { id: 'prompt', rows: '3', required: '' })
  const both = element('input', { type: 'checkbox', checked: '' })
  const longest = element('input', { type: 'number', min: '1', max: '4096', value: '64', required: '' })
  const ask = element('button', { type: 'submit' }, chat.ask)
  const stop = element('button', { type: 'button', class: 'plain', hidden: '' }, chat.stop)
  const bar = element('progress', { max: '1', id: 'bar' })
  const doing = element('label', { for: 'bar', class: 'quiet' })
  const work = element('div', { hidden: '' }, doing, bar)
  const said = element('div', { 'aria-live': 'polite' })
  const form = element(
    'form',
    {},
    element('label', { for: 'prompt' }, chat.question),
    prompt,
    element('p', { class: 'quiet' }, chat.eachAlone),
    element(
      'div',
      { class: 'row' },
      element('label', {}, both, chat.both),
      element('label', {}, chat.longest, longest),
    ),
    element('div', { class: 'row' }, ask, stop),
    work,
  )
  const check = element('button', { type: 'button', class: 'plain' }, chat.check)
  const found = element('p', { role: 'status', class: 'quiet' }, chat.checkHint)
  page.replaceChildren(
    element('h1', {}, chat.title),
    element('p', {}, filled(chat.whose, { base: about.base, step: formatNumber(about.step) })),
    ...(about.practice ? [element('p', { class: 'quiet' }, chat.practice)] : []),
    element('p', { class: 'quiet' }, chat.careful),
    form,
    said,
    // One that came without a proof has nothing to be held against.
    ...(about.proof ? [element('section', { class: 'row' }, check, found)] : []),
  )

  let control: AbortController | null = null
  check.addEventListener('click', async () => {
    if (control) return
    control = new AbortController()
    check.disabled = ask.disabled = true
    found.textContent = chat.checking
    let over = false
    try {
      const { verdict, tuned, same } = await room.check({
        signal: control.signal,
        onProgress({ bytes }) {
          // It comes by a way of its own, and may come after the end.
          if (over) return
          found.textContent =
            bytes?.total && bytes.done < bytes.total
              ? filled(chat.fetching, { done: formatBytes(bytes.done), total: formatBytes(bytes.total) })
              : chat.checking
        },
      })
      over = true
      const text =
        verdict === 'works' ? chat.works : verdict === 'differs' ? chat.differs : chat.withoutEffect
      found.textContent = filled(text, {
        away: formatNumber(Number(tuned.toPrecision(2))),
        same: formatNumber(same),
      })
    } catch (error) {
      over = true
      found.textContent = await inWords(error)
    }
    control = null
    check.disabled = ask.disabled = false
  })
  stop.addEventListener('click', () => control?.abort())
  prompt.addEventListener('keydown', (event) => {
    if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) form.requestSubmit()
  })

  const tell = ({ bytes }: Progress) => {
    if (!bytes?.total) return
    const all = bytes.done >= bytes.total
    doing.textContent = all
      ? chat.preparing
      : filled(chat.fetching, { done: formatBytes(bytes.done), total: formatBytes(bytes.total) })
    if (all) bar.removeAttribute('value')
    else bar.value = bytes.done / bytes.total
  }

  form.addEventListener('submit', async (event) => {
    event.preventDefault()
    if (control) return
    control = new AbortController()
    const { signal } = control
    const asked = prompt.value.trim()
    const sides = both.checked ? (['tuned', 'base'] as const) : (['tuned'] as const)
    const shown = sides.map((side) => {
      const text = element('p', { class: 'said' })
      const note = element('p', { class: 'quiet' }, chat.waiting)
      const box = element('div', { class: `answer ${side}` }, element('h3', {}, chat[side]), text, note)
      return { side, text, note, box }
    })
    said.prepend(
      element(
        'article',
        {},
        element('h2', { class: 'said' }, asked),
        element('div', { class: 'answers' }, ...shown.map(({ box }) => box)),
      ),
    )
    ask.hidden = true
    stop.hidden = false
    work.hidden = false
    doing.textContent = chat.preparing
    bar.removeAttribute('value')
    for (const { side, text, note, box } of shown) {
      const began = performance.now()
      let over = false
      try {
        const [answered] = await room.answer(
          {
            model: 'base',
            run: side === 'tuned' ? CHAT_RUN : null,
            prompts: [asked],
            quantization: about.quantization,
            options: { maxNewTokens: longest.valueAsNumber, temperature: 0, topK: 0, topP: 1, seed: 42 },
          },
          (_, piece) => {
            // Pieces come by a way of their own, and may come after the end.
            if (over) return
            work.hidden = true
            note.textContent = chat.writing
            text.append(piece)
          },
          { signal, onProgress: tell },
        )
        over = true
        text.textContent = answered!.text
        const took = filled(chat.took, {
          seconds: formatNumber(Number(((performance.now() - began) / 1000).toFixed(1))),
        })
        note.textContent = answered!.finish === 'length' ? `${took} · ${chat.cut}` : took
      } catch (error) {
        over = true
        note.textContent = signal.aborted ? chat.stopped : ''
        if (!signal.aborted) box.append(await failed(error))
      }
    }
    control = null
    work.hidden = true
    stop.hidden = true
    ask.hidden = false
    ask.focus()
  })
}

start().catch(async (error: unknown) =>
  page.replaceChildren(element('h1', {}, chat.title), await failed(error)),
)
