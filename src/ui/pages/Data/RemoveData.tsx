import type { DatasetInfo } from '../../../protocol/studio.ts'
import { ConfirmDelete } from '../../components/ConfirmDelete.tsx'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'

/** Asks before a data set is deleted. `what` is null while none is to be. */
export function RemoveData(props: { what: DatasetInfo | null; onClose: () => void }) {
  const { data } = useApp()
  return (
    <ConfirmDelete
      title={t('data.stored.removeTitle')}
      what={props.what}
      text={(info) =>
        t('data.stored.removeText', { name: data.title(info), rows: t('rows', { count: info.rows }) })
      }
      onDelete={({ id }) => void data.remove(id)}
      onClose={props.onClose}
    />
  )
}
