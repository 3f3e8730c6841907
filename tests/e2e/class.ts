import { join } from 'node:path'
import type { Page } from '@playwright/test'

/** A run on the moods, set up as a teacher leaves it before a pack is made of it. */
export async function setUpForClass(page: Page): Promise<void> {
  page.setDefaultTimeout(60_000)
  // The picker of files is the system's own window.
  await page.addInitScript(() => {
    delete (window as { showSaveFilePicker?: unknown }).showSaveFilePicker
  })
  await page.goto('/')
  await page.getByRole('button', { name: /^Find the mood/ }).click()
  await page.getByText('To learn from', { exact: true }).waitFor()
  await page.getByRole('link', { name: 'Train', exact: true }).click()
  await page.getByRole('textbox', { name: 'Steps' }).fill('6')
}

/** In the menu "This app", under "For a class". */
export async function chooseForClass(page: Page, item: string | RegExp): Promise<void> {
  await page.getByRole('button', { name: /^This app/ }).click()
  await page.getByRole('menuitem', { name: 'For a class' }).click()
  await page.getByRole('menuitem', { name: item }).click()
}

/** Presses a button that downloads a file. @returns where it lies in the folder */
export async function saved(page: Page, button: string, folder: string): Promise<string> {
  const waiting = page.waitForEvent('download', { timeout: 120_000 })
  await page.getByRole('button', { name: button }).click()
  const download = await waiting
  const path = join(folder, download.suggestedFilename())
  await download.saveAs(path)
  return path
}
