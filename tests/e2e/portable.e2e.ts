import { expect, test } from '@playwright/test'
import { CHROMIUM_ARGS } from '../../cli/chromium.mjs'
import { firstVisit } from './journey.ts'

// A browser as it comes, on a machine that has nothing for WebGPU.
test.use({
  storageState: { cookies: [], origins: [] },
  launchOptions: async ({ launchOptions }, use) => {
    const args = CHROMIUM_ARGS.filter((arg) => !arg.includes('webgpu'))
    await use({ ...launchOptions, args: [...args, '--disable-features=WebGPU', '--disable-webgpu'] })
  },
})

test('without WebGPU the studio says so, takes the portable engine, and the whole journey works', async ({
  page,
}) => {
  await page.goto('/')
  expect(await page.evaluate(async () => (await navigator.gpu?.requestAdapter()) ?? null)).toBeNull()
  await firstVisit(page)
  await page.goto('/#/model')
  await expect(page.getByText('Your processor (TensorFlow.js)')).toBeVisible()
  await expect(page.getByText(/WebAssembly with SIMD/)).toBeVisible()
  await expect(page.getByText(/tokens a second/).first()).toBeVisible()
})
