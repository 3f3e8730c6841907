import { test } from '@playwright/test'
import { firstVisit } from './journey.ts'

// Software takes minutes over the steps of the one press; tests/e2e/portable.e2e.ts goes through all of them.
test('on WebGPU the practice model is trained, shows what it learns, and the adapter is given away', ({
  page,
}) => firstVisit(page, 30))
