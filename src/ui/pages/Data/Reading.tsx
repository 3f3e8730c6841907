import { Show } from 'solid-js'
import type { DatasetPreview } from '../../../protocol/studio.ts'
import { Button } from '../../components/Button.tsx'
import { Progress } from '../../components/Progress.tsx'
import { Table } from '../../components/Table.tsx'
import { formatBytes, formatDuration } from '../../messages/format.ts'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import type { Opening } from '../../state/data-opening.ts'
import { cellText, FIRST_COLUMNS } from '../../state/data-rows.ts'

/** How far reading is, a way to stop it, and the first rows as soon as they are known. */
export function Reading(props: { opening: Opening }) {
  const { data } = useApp()
  const done = () => {
    const { bytes, total, left } = props.opening
    if (bytes === 0) return undefined
    if (total === 0) return t('read.bytesOnly', { done: formatBytes(bytes) })
    const said = t('read.bytes', { done: formatBytes(bytes), total: formatBytes(total) })
    return left === null ? said : t('read.left', { bytes: said, time: formatDuration(left) })
  }
  const share = () => {
    const { bytes, total } = props.opening
    return total > 0 && bytes > 0 ? bytes / total : null
  }
  return (
    <div class="stack">
      <div class="row-between">
        <div style={{ flex: 1 }}>
          <Progress
            label={t('data.opening', { name: props.opening.name })}
            share={share()}
            {...(done() ? { value: done()! } : {})}
          />
        </div>
        <Button icon="stop" onClick={data.cancelOpening}>
          {t('action.stop')}
        </Button>
      </div>
      <Show when={props.opening.preview}>{(preview) => <FirstRows preview={preview()} />}</Show>
    </div>
  )
}

function FirstRows(props: { preview: DatasetPreview }) {
  return (
    <div class="stack-s">
      <Table<Record<string, unknown>>
        label={t('read.first', { name: props.preview.name })}
        rows={props.preview.rows.slice(0, 5)}
        columns={props.preview.columns.slice(0, FIRST_COLUMNS).map((column) => ({
          id: column.name,
          head: (
            <>
              {column.name}
              <span class="type">{t(`column.${column.type}`)}</span>
            </>
          ),
          cell: (row) => <div class="cell">{cellText(row[column.name])}</div>,
        }))}
      />
      <p class="small quiet">{t('read.firstNote')}</p>
    </div>
  )
}
