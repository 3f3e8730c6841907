import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'

/** Where nothing is prepared: what is under way, or what is missing. */
export function NotYet() {
  const { data } = useApp()
  return (
    <p class="quiet" role="status">
      {t(data.preparing() ? 'data.preparing' : data.mapped() ? 'data.notPrepared' : 'data.notMapped')}
    </p>
  )
}
