import { expect, test } from '@playwright/test'

test('a link that was cut or altered is told plainly, and what is right in it is used', async ({ page }) => {
  await page.goto(
    '/#/train?v=1.abc&data=sample:mood&training.max_steps=9&training.learning_rate=7&lora.r=4&what=ever',
  )
  await expect(page.getByText('This link was cut off or altered on its way')).toBeVisible()
  await expect(
    page.getByText('"training.learning_rate" of the run config: 7 is above the most allowed, 1'),
  ).toBeVisible()
  await expect(page.getByText('what: the studio knows no such thing.')).toBeVisible()
  await expect(page.getByRole('textbox', { name: 'Steps' })).toHaveValue('9')
  await expect(page.getByText('Pebble learns from Find the mood.')).toBeVisible()
})
