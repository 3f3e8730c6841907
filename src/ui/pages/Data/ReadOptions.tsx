import { fieldNames } from '../../../protocol/config-fields.ts'
import { READING_FORMATS } from '../../../protocol/run-config.ts'
import { Fold } from '../../components/Fold.tsx'
import { loadedLater } from '../../components/loaded.tsx'
import { t } from '../../messages/t.ts'
import type { Way } from './ReadWays.tsx'

export const Ways = loadedLater(() => import('./ReadWays.tsx').then((part) => part.ReadWays))

/** Ways of reading, as the schema has them: all, or those that a format heeds. */
export function waysOf(format?: string): Way[] {
  const ways = fieldNames('data.reading') as Way[]
  return format === undefined ? ways : ways.filter((way) => READING_FORMATS[way].includes(format))
}

/** What a file does not say itself. */
export function ReadOptionsFold() {
  return (
    <Fold summary={t('read.options')} small>
      <Ways ways={waysOf()} offers={{}} />
    </Fold>
  )
}
