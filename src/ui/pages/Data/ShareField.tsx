import { NumberField } from '../../components/NumberField.tsx'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { checkNumber, hundredths } from '../../state/fields.ts'

const STOPS = [0, 5, 10, 15, 20, 25, 30, 40, 50]
const LIMITS = hundredths('data.validation_share', { stops: STOPS, unit: 'unit.percent' })

/** How much is held out, in per cent; the config keeps a share of 1. */
export function ShareField() {
  const { data } = useApp()
  return (
    <NumberField
      label={t('data.share')}
      help={t('data.shareHelp')}
      {...(data.recipe().split.method === 'column' ? { hint: t('split.columnShare') } : {})}
      slider
      limits={LIMITS}
      value={Number((data.validationShare() * 100).toFixed(4))}
      onChange={(percent) => {
        if (!checkNumber(percent, LIMITS)) data.setValidationShare(Number((percent / 100).toFixed(6)))
      }}
    />
  )
}
