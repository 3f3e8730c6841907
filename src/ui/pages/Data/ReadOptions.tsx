import { Show } from 'solid-js'
import type { DatasetInfo } from '../../../protocol/studio.ts'
import { Button } from '../../components/Button.tsx'
import { TextField } from '../../components/Field.tsx'
import { Fold } from '../../components/Fold.tsx'
import { Select } from '../../components/Select.tsx'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { Reading } from './Reading.tsx'

const ROWS_OF_TEXT = ['auto', 'line', 'paragraph', 'file'] as const

/** What a file does not say itself. */
export function ReadOptionsFold() {
  return (
    <Fold summary={t('read.options')} small>
      <div class="stack">
        <RowsOfText />
        <Sheet />
      </div>
    </Fold>
  )
}

/** The same for what is open, where it came from a file that leaves a choice and can be read once more. */
export function ReadAgainFold(props: { info: DatasetInfo }) {
  const { data } = useApp()
  const again = () => (/^(text|xlsx)$/.test(props.info.format ?? '') ? data.readAgain(props.info.id) : null)
  return (
    <Show when={again()}>
      {(read) => (
        <Fold summary={t('read.options')}>
          <div class="stack">
            <Show when={props.info.format === 'text'} fallback={<Sheet />}>
              <RowsOfText />
            </Show>
            <Show
              when={data.opening()}
              fallback={
                <Button class="start" onClick={() => void read()()}>
                  {t('read.again')}
                </Button>
              }
            >
              {(opening) => <Reading opening={opening()} />}
            </Show>
            <p class="small quiet">{t('read.againNote')}</p>
          </div>
        </Fold>
      )}
    </Show>
  )
}

function RowsOfText() {
  const { data } = useApp()
  return (
    <Select
      label={t('read.text')}
      hint={t('read.textNote')}
      value={data.reading().text}
      onChange={(text) => data.setReading({ text })}
      options={ROWS_OF_TEXT.map((value) => ({ value, label: t(`read.text.${value}`) }))}
    />
  )
}

function Sheet() {
  const { data } = useApp()
  return (
    <TextField
      label={t('read.sheet')}
      hint={t('read.sheetNote')}
      value={data.reading().sheet}
      onChange={(sheet) => data.setReading({ sheet })}
    />
  )
}
