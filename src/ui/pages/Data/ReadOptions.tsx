import { TextField } from '../../components/Field.tsx'
import { Fold } from '../../components/Fold.tsx'
import { Select } from '../../components/Select.tsx'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'

const ROWS_OF_TEXT = ['auto', 'line', 'paragraph', 'file'] as const

/** What a file does not say itself. */
export function ReadOptionsFold() {
  const { data } = useApp()
  return (
    <Fold summary={t('read.options')} small>
      <div class="stack">
        <Select
          label={t('read.text')}
          hint={t('read.textNote')}
          value={data.reading().text}
          onChange={(text) => data.setReading({ text })}
          options={ROWS_OF_TEXT.map((value) => ({ value, label: t(`read.text.${value}`) }))}
        />
        <TextField
          label={t('read.sheet')}
          hint={t('read.sheetNote')}
          value={data.reading().sheet}
          onChange={(sheet) => data.setReading({ sheet })}
        />
      </div>
    </Fold>
  )
}
