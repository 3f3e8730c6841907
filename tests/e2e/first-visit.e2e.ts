import { test } from '@playwright/test'
import { firstVisit } from './journey.ts'

test('one press trains the practice model, shows what it learns, and gives the adapter away', ({ page }) =>
  firstVisit(page))
