import { availableParallelism } from 'node:os'
import solid from 'vite-plugin-solid'
import { defineConfig } from 'vitest/config'
import { CHROMIUM_ARGS, findChromium } from './cli/chromium.mjs'
import { browserEach } from './tests/support/browsers.ts'
import { breakHub, hubRequests, startHub, stopHub } from './tests/support/hub-commands.ts'

const executablePath = await findChromium()
/** Vitest leaves one free by itself, which of two is half. */
const cores = availableParallelism()
/** Tried once more, and told as such, where nobody is there to do so. */
const retry = process.env.CI ? 1 : 0
/** Of what is waited for; where it comes it costs nothing. */
const expect = { poll: { timeout: 60_000 } }

/**
 * *.test.ts          unit    Node
 * *.gpu.test.ts      gpu     real Chromium with WebGPU on its software adapter; `dawn` runs the same files in Node
 *                            under Dawn, on whatever Vulkan adapter the machine has: quicker for kernel work, not in CI
 * *.browser.test.ts  gpu     real Chromium
 */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: ['tests/**/*.test.ts'],
          exclude: ['tests/**/*.gpu.test.ts', 'tests/**/*.browser.test.ts'],
          // Machines that run other things beside the tests are slow; no test measures time.
          retry,
          expect,
          testTimeout: 180_000,
          hookTimeout: 180_000,
          maxWorkers: cores,
        },
      },
      {
        test: {
          name: 'dawn',
          include: ['tests/**/*.gpu.test.ts'],
          testTimeout: 600_000,
          hookTimeout: 600_000,
          fileParallelism: false,
          isolate: false,
          pool: 'forks',
        },
      },
      {
        plugins: [solid()],
        publicDir: 'public',
        // Named, so that Vite does not find them halfway through a test and reload the page.
        optimizeDeps: {
          include: [
            'client-zip',
            'dompurify',
            'marked',
            'comlink',
            'idb',
            'fflate',
            'flatbuffers',
            'hyparquet',
            'hyparquet/src/column.js',
            'hyparquet/src/datapage.js',
            'hyparquet/src/schema.js',
            'saxes',
            'solid-js',
            'uplot',
            'yaml',
            'hyparquet-compressors',
            'hyparquet-writer',
            'apache-arrow',
            'apache-arrow/fb/footer',
            'apache-arrow/fb/message',
            'apache-arrow/fb/schema',
            'apache-arrow/ipc/metadata/file',
            '@huggingface/tokenizers',
            '@noble/hashes/legacy.js',
            '@huggingface/jinja',
            'valibot',
            '@tensorflow/tfjs-core',
            '@tensorflow/tfjs-backend-wasm',
          ],
        },
        test: {
          name: 'gpu',
          include: ['tests/**/*.gpu.test.ts', 'tests/**/*.browser.test.ts'],
          retry,
          expect,
          testTimeout: 600_000,
          hookTimeout: 600_000,
          // A browser each, see browserEach.
          maxWorkers: Math.min(4, cores),
          browser: {
            enabled: true,
            headless: true,
            screenshotFailures: false,
            provider: browserEach({ executablePath: executablePath ?? undefined, args: CHROMIUM_ARGS }),
            instances: [{ browser: 'chromium' }],
            commands: { startHub, breakHub, hubRequests, stopHub },
          },
        },
      },
    ],
  },
})
