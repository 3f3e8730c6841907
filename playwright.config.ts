import { defineConfig } from '@playwright/test'
import { CHROMIUM_ARGS, findChromium } from './cli/chromium.mjs'

const executablePath = (await findChromium()) ?? undefined
const port = Number(process.env.LAPIDARY_E2E_PORT ?? 4391)
/** Apart from dist/, which may be in use. */
const built = `.cache/e2e${port === 4391 ? '' : `-${port}`}`

/** A browser in which an engine has been chosen. */
function engineState(choice: string, port: number) {
  const localStorage = [{ name: 'lapidary.engine', value: JSON.stringify({ choice }) }]
  return { cookies: [], origins: [{ origin: `http://localhost:${port}`, localStorage }] }
}

/** The studio as it ships, used as a person would, in Chromium with WebGPU on its software adapter. */
export default defineConfig({
  testDir: 'tests/e2e',
  testMatch: '*.e2e.ts',
  // A busy machine without a GPU takes minutes over what a graphics card does in seconds.
  timeout: 600_000,
  expect: { timeout: 30_000 },
  workers: 2,
  // Tried once more, and told as such, where nobody is there to do so.
  retries: process.env.CI ? 1 : 0,
  reporter: 'list',
  outputDir: 'test-results',
  use: {
    baseURL: `http://localhost:${port}/`,
    viewport: { width: 1280, height: 800 },
    // Tests are of this build and of what it fetches; tests/e2e/offline.e2e.ts is of the service worker.
    serviceWorkers: 'block',
    // Machines that run tests have no GPU: left to itself the studio would take its portable engine there.
    storageState: engineState('webgpu', port),
    launchOptions: { ...(executablePath ? { executablePath } : {}), args: CHROMIUM_ARGS },
  },
  webServer: {
    command: `npx vite build --outDir ${built} --emptyOutDir --logLevel error && npx vite preview --outDir ${built} --port ${port} --strictPort`,
    url: `http://localhost:${port}/`,
    timeout: 120_000,
    reuseExistingServer: false,
  },
})
