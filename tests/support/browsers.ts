import { PlaywrightBrowserProvider, playwright } from '@vitest/browser-playwright'
import { type BrowserContextOptions, chromium, type LaunchOptions } from 'playwright'
import type { BrowserProviderOption } from 'vitest/node'

/**
 * Playwright's provider, with a browser for each page that tests run in side by side. The software adapter compiles one
 * shader at a time in a process, whatever is asked of it at once; two browsers keep two cores busy.
 */
export function browserEach(launchOptions: LaunchOptions): BrowserProviderOption {
  const option = playwright({ launchOptions })
  return {
    ...option,
    providerFactory: (project) => new BrowserEach(project, option.options ?? {}),
  }
}

const contextOptions: BrowserContextOptions = { ignoreHTTPSErrors: true }

class BrowserEach extends PlaywrightBrowserProvider {
  readonly #launchOptions: LaunchOptions

  constructor(...[project, options]: ConstructorParameters<typeof PlaywrightBrowserProvider>) {
    super(project, options)
    this.#launchOptions = options.launchOptions ?? {}
  }

  override async openPage(sessionId: string, url: string, options: { parallel: boolean }): Promise<void> {
    if (!this.contexts.has(sessionId)) {
      const browser = await chromium.launch({ ...this.#launchOptions, headless: true })
      const context = await browser.newContext(contextOptions)
      // The provider closes contexts, and knows of no browser that it did not launch itself.
      context.on('close', () => browser.close())
      this.contexts.set(sessionId, context)
    }
    await super.openPage(sessionId, url, options)
  }
}
