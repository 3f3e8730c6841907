import { createRoot, createSignal } from 'solid-js'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import type { FromFrame, LapidaryStudioElement } from '../../src/protocol/embed.ts'
import type { RunInfo } from '../../src/protocol/studio.ts'
import { readLink } from '../../src/runs/link.ts'
import { createEmbedded } from '../../src/ui/state/embedded.ts'
import '../../src/embed.ts'

const AROUND = 'https://school.example'
const soon = () => new Promise((resolve) => setTimeout(resolve))

describe('the frame', () => {
  let said: { message: FromFrame & { lapidary: number }; to: string }[] = []
  let close = () => {}
  beforeEach(() => {
    said = []
  })
  afterEach(() => close())

  /** A page's state of which nothing but what is asked here is there. */
  function frame({ given = true, ready = Promise.resolve() as Promise<unknown> } = {}) {
    const own = new EventTarget()
    const parent = {
      postMessage: (message: FromFrame & { lapidary: number }, to: string) => said.push({ message, to }),
    }
    const [live, setLive] = createSignal<string | null>(null)
    const [busy, setBusy] = createSignal(false)
    const [latest, setLatest] = createSignal<unknown>(null)
    const run = { id: 'r', status: 'done', step: 3, seconds: 2, name: 'r' } as RunInfo
    const begun = vi.fn()
    const supplied = vi.fn(async (_name: string, _text: string) => true)
    const training = {
      busy,
      phase: () => (busy() ? 'running' : 'idle'),
      latest,
      latestEval: () => null,
      liveConfig: () => ({ data: { hash: 'h' } }),
      failureOf: () => null as unknown,
      config: () => ({}),
      start: begun,
      stop: vi.fn(),
    }
    const chunk = new TextEncoder().encode('weights')
    let exports = 0
    const app = {
      training,
      runs: { live, byId: () => run, chosen: async () => ({ which: 'last' }), label: () => 'r' },
      models: { ready: Promise.resolve() },
      theme: { setTheme: vi.fn() },
      proofs: { ensure: async () => true },
      data: { failure: () => null },
      link: { isGiven: () => given, waiting: () => false, supply: supplied },
      studio: {
        runs: {
          // The second time with the proof that was made meanwhile.
          exportRun: async () => {
            const file = (path: string) => ({
              path,
              size: chunk.length,
              async *chunks() {
                yield chunk
              },
            })
            const weights = file('adapter_model.safetensors')
            return exports++ === 0 ? [weights] : [file('proof.json'), weights]
          },
        },
      },
    }
    const state = createRoot((dispose) => {
      close = dispose
      return createEmbedded(app as never, AROUND, ready, { own: own as never, parent: parent as never })
    })
    const post = (data: unknown, origin = AROUND, source: unknown = parent) => {
      const event = new Event('message')
      own.dispatchEvent(Object.assign(event, { data, origin, source }))
      return soon()
    }
    return { post, state, training, begun, supplied, app, setLive, setBusy, setLatest }
  }
  const types = () => said.map(({ message }) => message.type)

  test('hears the page around it, by its window and its origin, and nobody else', async () => {
    const { post, begun, supplied } = frame()
    const start = { lapidary: 1, type: 'start' }
    await post(start, 'https://evil.example')
    await post(start, AROUND, {})
    await post(start, 'null')
    await post({ type: 'start' })
    await post('start')
    await post(null)
    expect(begun).not.toHaveBeenCalled()
    expect(types()).toEqual(['ready'])
    await post({ lapidary: 1, type: 'data', name: 'rows.csv', text: 'a,b' })
    await post(start)
    expect(supplied).toHaveBeenCalledWith('rows.csv', 'a,b')
    expect(begun).toHaveBeenCalledOnce()
    // Whatever is said is said to that origin alone, with the version.
    expect(new Set(said.map(({ to }) => to))).toEqual(new Set([AROUND]))
    expect(said.every(({ message }) => message.lapidary === 1)).toBe(true)
  })

  test('answers what it does not know, and what cannot be', async () => {
    const { post, app, setBusy } = frame()
    await post({ lapidary: 2, type: 'start' })
    await post({ lapidary: 1, type: 'format-disk' })
    await post({ lapidary: 1, type: 'data', name: 5, text: 'x' })
    await post({ lapidary: 1, type: 'theme', theme: 'pink' })
    await post({ lapidary: 1, type: 'stop' })
    setBusy(true)
    await post({ lapidary: 1, type: 'start' })
    const refused = said.flatMap(({ message }) =>
      message.type === 'refused' ? [[message.about, message.code]] : [],
    )
    expect(refused).toEqual([
      ['start', 'unsupported_format'],
      ['format-disk', 'unsupported_format'],
      ['data', 'unsupported_format'],
      ['theme', 'unsupported_format'],
      ['stop', 'bad_state'],
      ['start', 'bad_state'],
    ])
    expect(app.theme.setTheme).not.toHaveBeenCalled()
  })

  test('does what it is asked in order, once it is set up', async () => {
    let settle = () => {}
    const { post, begun, supplied } = frame({ ready: new Promise<void>((resolve) => (settle = resolve)) })
    await post({ lapidary: 1, type: 'data', name: 'rows.csv', text: 'a,b' })
    await post({ lapidary: 1, type: 'start' })
    expect(supplied).not.toHaveBeenCalled()
    settle()
    await soon()
    expect(supplied.mock.invocationCallOrder[0]!).toBeLessThan(begun.mock.invocationCallOrder[0]!)
  })

  const STEP = { step: 1, max_steps: 3, loss: 2.5, tokens_per_second: 10 }

  test.each([
    ['tells how a run goes', true, { step: 1, maxSteps: 3, loss: 2.5, tokensPerSecond: 10 }],
    ["of a run on a person's own data, how far it is and no figure", false, { step: 1, maxSteps: 3 }],
  ])('%s', (_, given, figures) => {
    const { setBusy, setLive, setLatest } = frame({ given })
    setBusy(true)
    setLive('r')
    setLatest(STEP)
    setLive(null)
    setBusy(false)
    expect(said.map(({ message: { lapidary: _, ...message } }) => message)).toEqual([
      { type: 'ready' },
      { type: 'started' },
      { type: 'progress', ...figures },
      { type: 'finished', reason: 'finished', step: 3, seconds: 2 },
    ])
  })

  test("what is wrong with a person's own rows is not told to the page around", () => {
    const { setBusy, setLive, training } = frame({ given: false })
    training.failureOf = () => ({ code: 'bad_data', message: 'Row 3: "my secret"', hint: 'my hint' })
    setBusy(true)
    setLive('r')
    setBusy(false)
    expect(said.at(-1)!.message).toMatchObject({
      type: 'failed',
      code: 'bad_data',
      message: 'The run failed.',
    })
    expect(JSON.stringify(said)).not.toContain('secret')
  })

  test('gives an adapter only of its own run, and only when the person agrees', async () => {
    const { post, state, setLive, app } = frame()
    app.runs.byId = ((id: string | null) => (id === null ? null : { id, step: 3, status: 'done' })) as never
    await post({ lapidary: 1, type: 'adapter' })
    expect(state.question()).toBe(null)
    expect(types()).toEqual(['ready', 'refused'])
    setLive('r')
    setLive(null)
    await post({ lapidary: 1, type: 'adapter' })
    expect(state.question()?.id).toBe('r')
    await state.answer(false)
    expect(said.at(-1)!.message).toMatchObject({ type: 'refused', about: 'adapter' })
    expect(types()).not.toContain('adapter')
    await post({ lapidary: 1, type: 'adapter' })
    await state.answer(true)
    const { message } = said.at(-1)!
    expect(
      message.type === 'adapter' && message.files.map(({ path, bytes }) => [path, bytes.byteLength]),
    ).toEqual([
      ['proof.json', 7],
      ['adapter_model.safetensors', 7],
    ])
  })
})

describe('the element', () => {
  const STUDIO = 'http://127.0.0.1:9/studio/'
  afterEach(() => document.body.replaceChildren())

  async function element(html: string): Promise<{ studio: LapidaryStudioElement; frame: HTMLIFrameElement }> {
    document.body.innerHTML = html
    const studio = document.querySelector('lapidary-studio')! as LapidaryStudioElement
    await soon()
    return { studio, frame: studio.shadowRoot!.querySelector('iframe')! }
  }
  const linkOf = (frame: HTMLIFrameElement) => readLink(new URL(frame.src).hash)!
  const say = (
    frame: HTMLIFrameElement,
    data: unknown,
    origin = new URL(STUDIO).origin,
    source = frame.contentWindow,
  ) => window.dispatchEvent(new MessageEvent('message', { data, origin, source }))
  const heard = (frame: HTMLIFrameElement) => vi.spyOn(frame.contentWindow!, 'postMessage')

  test('says in the address what its attributes say, and a run.json in any form', async () => {
    const { frame } =
      await element(`<lapidary-studio loading="eager" src="${STUDIO}" place="train" model="pebble" data="sample:pirate"
      parts="data,train" locked="model" theme="dark" lang="en" label="Pirates"
      config='{"version":1,"learning_rate":0.001,"lora":{"r":4},"data":{"prompt":"5"},"start":{"from":"nothing"}}'></lapidary-studio>`)
    const read = linkOf(frame)
    expect(read).toMatchObject({ refused: [], trouble: null })
    expect(read.link).toMatchObject({
      place: 'train',
      data: { from: 'sample', id: 'pirate' },
      parts: ['data', 'train'],
      locked: ['model'],
      theme: 'dark',
      lang: 'en',
      embed: location.origin,
      config: {
        model: { id: 'pebble' },
        training: { learning_rate: 0.001 },
        lora: { r: 4 },
        data: { prompt: '5' },
      },
    })
    expect(frame.title).toBe('Pirates')
  })

  test('rows inside go by message, once the frame is ready, and what it said before that is not lost', async () => {
    const { studio, frame } = await element(`<lapidary-studio loading="eager" src="${STUDIO}">
      <script type="application/jsonl" name="boxes">
        {"prompt": "a", "response": "b"}
          {"prompt": "c", "response": "d"}
      </script>
      <script type="application/json">{"training": {"max_steps": 5}}</script>
    </lapidary-studio>`)
    expect(linkOf(frame).link).toMatchObject({
      data: { from: 'page' },
      config: { training: { max_steps: 5 } },
    })
    const posted = heard(frame)
    const started = studio.start()
    expect(posted).not.toHaveBeenCalled()
    say(frame, { lapidary: 1, type: 'ready' })
    await soon()
    const text = '{"prompt": "a", "response": "b"}\n  {"prompt": "c", "response": "d"}\n'
    const messages = posted.mock.calls.map(([message, to]) => [message, to])
    expect(messages).toContainEqual([
      { lapidary: 1, type: 'data', name: 'boxes.jsonl', text },
      new URL(STUDIO).origin,
    ])
    expect(messages).toContainEqual([{ lapidary: 1, type: 'start' }, new URL(STUDIO).origin])
    // The rows come first: it is they that are trained on.
    expect((messages[0]![0] as { type: string }).type).toBe('data')
    say(frame, { lapidary: 1, type: 'started' })
    await started
  })

  test('rows given while others are fetched are those that count, and where the frame refuses rows the page around is told', async () => {
    let arrive: (response: Response) => void = () => {}
    const fetching = vi.spyOn(globalThis, 'fetch').mockReturnValueOnce(new Promise((done) => (arrive = done)))
    const { studio, frame } = await element(`<lapidary-studio loading="eager" src="${STUDIO}" data="/rows.csv"
      config='{"version":2}'></lapidary-studio>`)
    expect(linkOf(frame).link.data).toEqual({ from: 'page' })
    expect(readLink(new URL(frame.src).hash)!.refused).toMatchObject([{ name: 'version', why: 'unknown' }])
    const failed = vi.fn()
    studio.addEventListener('failed', ({ detail }) => failed(detail))
    const posted = heard(frame)
    say(frame, { lapidary: 1, type: 'ready' })
    studio.setData({ name: 'own.csv', text: 'a,b' })
    arrive({ ok: true, text: async () => 'older' } as Response)
    await soon()
    fetching.mockRestore()
    expect(posted.mock.calls.map(([message]) => message)).toEqual([
      { lapidary: 1, type: 'data', name: 'own.csv', text: 'a,b' },
    ])
    const why = { code: 'bad_state', message: 'm', hint: 'h' }
    say(frame, { lapidary: 1, type: 'refused', about: 'data', ...why })
    expect(failed.mock.calls).toEqual([[why]])
  })

  test('what is asked before there is a frame is asked of the first one, and what is no address is told', async () => {
    const studio = document.createElement('lapidary-studio') as LapidaryStudioElement
    studio.setAttribute('src', STUDIO)
    studio.setAttribute('data', 'https://')
    document.body.append(studio)
    const started = studio.start()
    await soon()
    const frame = studio.shadowRoot!.querySelector('iframe')!
    expect(linkOf(frame).refused).toMatchObject([{ name: 'data', value: 'https://' }])
    const posted = heard(frame)
    say(frame, { lapidary: 1, type: 'ready' })
    await soon()
    expect(posted.mock.calls.map(([message]) => message)).toEqual([{ lapidary: 1, type: 'start' }])
    say(frame, { lapidary: 1, type: 'started' })
    await started
  })

  test('nothing of it is loaded until its place is seen, or it is asked for something; its place is as high all the same', async () => {
    document.body.innerHTML = `<div style="height: 5000px"></div><lapidary-studio src="${STUDIO}" height="333"></lapidary-studio>`
    const studio = document.querySelector('lapidary-studio') as LapidaryStudioElement
    const part = () => studio.shadowRoot!.firstElementChild as HTMLElement
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect([part().tagName, studio.getBoundingClientRect().height]).toEqual(['DIV', 333])
    // Changed meanwhile, it is begun as it is by then.
    studio.setAttribute('theme', 'dark')
    studio.scrollIntoView()
    await expect.poll(() => part().tagName).toBe('IFRAME')
    expect(linkOf(part() as HTMLIFrameElement).link.theme).toBe('dark')

    document.body.innerHTML = `<div style="height: 5000px"></div><lapidary-studio src="${STUDIO}"></lapidary-studio>`
    window.scrollTo(0, 0)
    const other = document.querySelector('lapidary-studio') as LapidaryStudioElement
    await soon()
    void other.start().catch(() => {})
    expect(other.shadowRoot!.querySelector('iframe')).not.toBeNull()
    document.body.innerHTML = ''
  })

  test('a config that cannot be read is told by the frame too', async () => {
    const { frame } = await element(
      `<lapidary-studio loading="eager" src="${STUDIO}" config="{broken"></lapidary-studio>`,
    )
    expect(linkOf(frame).refused).toMatchObject([{ name: 'config that is not JSON', value: '{broken' }])
  })

  test('hears its own frame alone, and tells of a version that it does not know', async () => {
    const { studio, frame } = await element(
      `<lapidary-studio loading="eager" src="${STUDIO}"></lapidary-studio>`,
    )
    const told: string[] = []
    for (const type of ['ready', 'finished', 'failed'] as const)
      studio.addEventListener(type, () => told.push(type))
    const finished = { lapidary: 1, type: 'finished', reason: 'finished', step: 1, seconds: 1 }
    say(frame, finished, 'https://evil.example')
    say(frame, finished, undefined, window)
    say(frame, { type: 'finished' })
    expect(told).toEqual([])
    say(frame, { lapidary: 9, type: 'ready' })
    expect(told).toEqual(['failed'])
    const asked = studio.adapter()
    say(frame, { lapidary: 1, type: 'ready' })
    await soon()
    say(frame, { lapidary: 1, type: 'refused', about: 'adapter', code: 'bad_state', message: 'm', hint: 'h' })
    await expect(asked).rejects.toEqual({ code: 'bad_state', message: 'm', hint: 'h' })
    say(frame, finished)
    expect(told).toEqual(['failed', 'ready', 'finished'])
  })

  test('follows the height of its content unless it has one, and is not made anew while a run goes on', async () => {
    const { studio, frame } = await element(
      `<lapidary-studio loading="eager" src="${STUDIO}"></lapidary-studio>`,
    )
    say(frame, { lapidary: 1, type: 'ready' })
    await soon()
    expect(frame.style.height).toBe('480px')
    say(frame, { lapidary: 1, type: 'height', height: 731 })
    expect(frame.style.height).toBe('731px')
    studio.setAttribute('height', '300')
    say(frame, { lapidary: 1, type: 'height', height: 900 })
    expect(frame.style.height).toBe('300px')
    const posted = heard(frame)
    studio.setAttribute('theme', 'dark')
    expect(posted).toHaveBeenCalledWith({ lapidary: 1, type: 'theme', theme: 'dark' }, new URL(STUDIO).origin)
    say(frame, { lapidary: 1, type: 'started' })
    studio.setAttribute('parts', 'train')
    await soon()
    expect(frame.isConnected).toBe(true)
    say(frame, { lapidary: 1, type: 'finished', reason: 'finished', step: 1, seconds: 1 })
    await soon()
    expect(frame.isConnected).toBe(false)
    expect(linkOf(studio.shadowRoot!.querySelector('iframe')!).link.parts).toEqual(['train'])
  })
})
