import { NumberField } from '../../components/NumberField.tsx'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'

const STOPS = [0, 5, 10, 15, 20, 25, 30, 40, 50]

/** How much is held out, in per cent; the config keeps a share of 1. */
export function ShareField() {
  const { data } = useApp()
  return (
    <NumberField
      label={t('data.share')}
      help={t('data.shareHelp')}
      {...(data.recipe().split.method === 'column' ? { hint: t('split.columnShare') } : {})}
      slider
      limits={{ min: 0, max: 90, stops: STOPS, unit: 'unit.percent' }}
      value={Number((data.validationShare() * 100).toFixed(4))}
      onChange={(percent) => {
        if (percent >= 0 && percent <= 90) data.setValidationShare(Number((percent / 100).toFixed(6)))
      }}
    />
  )
}
