import { type Driver, findExpression, type Query, sleep, told } from './driver.ts'

/** Milliseconds that a busy machine may take over what the page does by itself. */
const SOON = 30_000

/** What a person does with a page: looks until something is there, presses, writes, chooses. */
export class Person {
  readonly driver: Driver
  constructor(driver: Driver) {
    this.driver = driver
  }

  /** Waits until it is there. */
  async see(query: Query, ms = SOON): Promise<unknown> {
    return this.#until(() => this.driver.find(query), `no ${told(query)}`, ms)
  }

  async press(query: Query, ms = SOON): Promise<void> {
    await this.#doing(
      query,
      async (element) => {
        await this.#stands(query)
        await this.driver.click(element)
      },
      ms,
    )
  }

  /** A button that moves between press and release gets no click, nor does one that is not to be pressed yet: nobody aims at those. */
  async #stands(query: Query): Promise<void> {
    const look = () =>
      this.driver.run<string>(
        `const found = ${findExpression(query)}
        const r = found?.getBoundingClientRect()
        return r ? (found.matches(':disabled, [aria-disabled="true"]') ? 'disabled' : [r.x, r.y].join()) : ''`,
      )
    let before = await look()
    for (let same = 0; same < 2; ) {
      await sleep(50)
      const now = await look()
      if (now === '') throw new Error('it is gone')
      if (now === 'disabled') throw new Error('it cannot be pressed')
      same = now === before ? same + 1 : 0
      before = now
    }
  }

  async write(query: Query, text: string): Promise<void> {
    await this.#doing(
      query,
      async (element) => {
        await this.driver.type(element, text)
        const value = await this.driver.run(`return (${findExpression(query)})?.value`)
        if (value !== text) throw new Error(`it holds "${value}"`)
      },
      SOON,
    )
  }

  async choose(query: Query, path: string): Promise<void> {
    await this.#doing(query, (element) => this.driver.chooseFile(element, path), SOON)
  }

  /** Waits until a text is in the page, and gives what it matched. */
  async read(pattern: RegExp, ms = SOON): Promise<RegExpExecArray> {
    return this.#until(
      // While a page is loaded anew it has no body.
      async () => pattern.exec(await this.driver.run<string>('return document.body?.innerText ?? ""')),
      `no text ${pattern}`,
      ms,
    )
  }

  /** A page that draws itself again takes elements away under one's hands: another try. */
  async #doing(query: Query, act: (element: unknown) => Promise<void>, ms: number): Promise<void> {
    let last: unknown = null
    await this.#until(
      async () => {
        const element = await this.driver.find(query)
        if (!element) return null
        try {
          await act(element)
          return true
        } catch (error) {
          last = error
          return null
        }
      },
      () => (last === null ? `no ${told(query)}` : `${told(query)}: ${last}`),
      ms,
    )
  }

  async #until<T>(look: () => Promise<T | null>, missing: string | (() => string), ms: number): Promise<T> {
    const end = Date.now() + ms
    for (;;) {
      const found = await look()
      if (found !== null) return found
      if (Date.now() > end)
        throw new Error(`${typeof missing === 'string' ? missing : missing()} within ${ms / 1000} s`)
      await sleep(100)
    }
  }
}
