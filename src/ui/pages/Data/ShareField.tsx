import { onlyHeldLabel } from '../../../runs/task.ts'
import { NumberField } from '../../components/NumberField.tsx'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { checkNumber, hundredths } from '../../state/fields.ts'

const STOPS = [0, 5, 10, 15, 20, 25, 30, 40, 50]
const LIMITS = hundredths('data.validation_share', { stops: STOPS, unit: 'unit.percent' })

/** How much is held out, in per cent; the config keeps a share of 1. */
export function ShareField() {
  const { data } = useApp()
  /** What the rows held out cannot show. */
  const hint = () => {
    const prepared = data.prepared()
    const { validation = 0 } = prepared?.examples ?? {}
    if (prepared && validation === 0) return t('split.none')
    const label = prepared && onlyHeldLabel(prepared)
    if (label !== null) return t('split.oneLabel', { count: validation, label })
    return data.recipe().split.method === 'column' ? t('split.columnShare') : null
  }
  return (
    <NumberField
      label={t('data.share')}
      help={t('data.shareHelp')}
      {...(hint() ? { hint: hint()! } : {})}
      slider
      limits={LIMITS}
      value={Number((data.validationShare() * 100).toFixed(4))}
      onChange={(percent) => {
        if (!checkNumber(percent, LIMITS)) data.setValidationShare(Number((percent / 100).toFixed(6)))
      }}
    />
  )
}
