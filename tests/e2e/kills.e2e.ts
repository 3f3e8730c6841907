import { expect, test } from '@playwright/test'
import { KINDS, type Outcome } from '../../bench/kills/moments.ts'
import { PageBed } from '../../bench/kills/page.ts'
import { mulberry } from '../../src/engine/check/values.ts'

/** A few of what `npx tsx bench/kills.ts` does sixty times. */
test('a run whose browser is killed goes on at one press, and ends as without it bit for bit', async ({
  baseURL,
}) => {
  const random = mulberry(7)
  const bed = await PageBed.make(baseURL!, 'portable')
  try {
    for (const kind of KINDS) {
      let found: Outcome | null = null
      for (let tries = 0; !found && tries < 8; tries++) found = await bed.cutOff(kind, random() * 0.95)
      expect(found, kind).toMatchObject({ kind, same: true, wrong: [] })
    }
  } finally {
    bed.close()
  }
})
