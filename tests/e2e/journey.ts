import { readFileSync } from 'node:fs'
import { expect, type Page, test } from '@playwright/test'
import { unzipSync } from 'fflate'
import { recommend } from '../../src/runs/profiles.ts'
import { curve, PATIENCE, watchForComplaints, watchForStrangers } from './helpers.ts'

/** Of the one press. */
const ALL = recommend({ practice: true, parameters: 0 }, 'quick').training.max_steps

/**
 * A newcomer's way from one press to an adapter in hand, and back on another visit.
 * @param steps where fewer than the one press takes: the same sample with the same settings, begun on the Train page
 */
export async function firstVisit(page: Page, steps = ALL): Promise<void> {
  const complaints = watchForComplaints(page)
  const strangers = watchForStrangers(page)
  await page.goto('/')
  if (steps === ALL) await page.getByRole('button', { name: 'Watch a model learn' }).click()
  else {
    await page.getByRole('button', { name: /^Talk like a pirate/ }).click()
    await page.getByText('To learn from', { exact: true }).waitFor()
    await page.getByRole('link', { name: 'Train', exact: true }).click()
    await page.getByRole('textbox', { name: 'Steps' }).fill(String(steps))
    await page.getByRole('button', { name: 'Start training' }).click()
  }
  await expect(page).toHaveURL(/#\/train$/)
  await expect(page.getByRole('heading', { name: 'Train', level: 1 })).toBeVisible()
  const pressed = Date.now()
  await expect(page.getByText(new RegExp(`step [1-9]\\d* of ${steps}`)).first()).toBeVisible({
    timeout: PATIENCE,
  })
  test
    .info()
    .annotations.push({ type: 'first step', description: `${Date.now() - pressed} ms after the press` })

  // Before and after stand side by side while it still trains.
  const samples = page.getByRole('region', { name: 'Before and after' })
  await expect(samples.getByText('Before (base model)').first()).toBeVisible()
  await expect(samples.getByText('What the data says').first()).toBeVisible()
  await expect(page).toHaveTitle(/^\d+% · loss \d/)

  await expect(page.getByText('Done. The adapter is ready.')).toBeVisible({ timeout: PATIENCE })
  const { training, validation } = await curve(page)
  expect(training.at(-1)![0]).toBe(steps)
  expect(validation[0]![0]).toBe(0)
  expect(validation.at(-1)![0]).toBe(steps)
  expect(validation.at(-1)![1] <= 0.7 * validation[0]![1]).toBe(true)
  await expect(page).toHaveTitle('Train · Lapidary')

  const waiting = page.waitForEvent('download')
  await page.getByRole('button', { name: 'Download the adapter' }).click()
  const files = unzipSync(readFileSync((await (await waiting).path())!))
  const file = (end: string) => files[Object.keys(files).find((path) => path.endsWith(end))!]!
  expect(Object.keys(files).some((path) => path.endsWith('/adapter_config.json'))).toBe(true)
  const tensors = safetensorsHeader(Buffer.from(file('/adapter_model.safetensors')))
  const name = 'base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight'
  expect(Object.keys(tensors)).toContain(name)
  expect(tensors[name]).toMatchObject({ dtype: 'F32', shape: [8, expect.any(Number)] })

  // The tuned model answers a question of one's own beside the base model.
  await page.getByRole('link', { name: 'Evaluate', exact: true }).click()
  await expect(page.getByText('Before (base model)').first()).toBeVisible()
  await page.getByLabel('Your question (prompt)').fill('What colour is the sky?')
  await page.getByRole('button', { name: 'Ask both models' }).click()
  const asked = page.getByRole('article').filter({ hasText: 'What colour is the sky?' })
  await expect(asked.getByText(/^[\d.]+ s$/)).toHaveCount(2, { timeout: PATIENCE })
  const answers = await asked.locator('.answer > p:not(.small)').allTextContents()
  expect(answers).toHaveLength(2)
  for (const answer of answers) expect(answer.trim()).not.toBe('(nothing)')
  expect(answers[0]).not.toBe(answers[1])

  // A second visit finds the run, and its curve, again.
  await page.reload()
  await page.getByRole('button', { name: /^Runs: 1/ }).click()
  const runs = page.getByRole('dialog', { name: 'Runs' })
  await expect(runs.getByText('Done', { exact: true })).toBeVisible()
  await runs.getByRole('button', { name: 'Show' }).click()
  expect(await curve(page)).toEqual({ training, validation })

  expect(strangers).toEqual([])
  expect(complaints).toEqual([])
}

function safetensorsHeader(bytes: Buffer): Record<string, { dtype: string; shape: number[] }> {
  const length = Number(bytes.readBigUInt64LE(0))
  return JSON.parse(bytes.subarray(8, 8 + length).toString())
}
