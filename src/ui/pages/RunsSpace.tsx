import { createEffect, createSignal, on, Show } from 'solid-js'
import { toFailure } from '../../protocol/errors.ts'
import type { RunsSpace as Space } from '../../protocol/studio.ts'
import { Fold } from '../components/Fold.tsx'
import { Select } from '../components/Select.tsx'
import { Table } from '../components/Table.tsx'
import { formatBytes } from '../messages/format.ts'
import { t } from '../messages/t.ts'
import { useApp } from '../state/app.tsx'

/** Bytes that can be chosen. */
const LIMITS = [50e6, 100e6, 250e6, 500e6, 1e9, 2e9, 5e9, 10e9]

/** What runs take of the storage, and the most that they may. */
export function RunsSpace() {
  const { studio, runs } = useApp()
  const [space, setSpace] = createSignal<Space | null>(null)
  const look = async (found: Promise<Space>) => {
    try {
      setSpace(await found)
    } catch (error) {
      runs.report(toFailure(error))
    }
  }
  createEffect(on(runs.list, () => void look(studio.runs.space())))
  const options = (limit: number | null) => {
    const sizes = limit === null || LIMITS.includes(limit) ? LIMITS : [...LIMITS, limit].sort((a, b) => a - b)
    return [
      { value: 'none', label: t('space.none') },
      ...sizes.map((bytes) => ({ value: String(bytes), label: formatBytes(bytes) })),
    ]
  }
  const set = (value: string) => void look(studio.runs.setLimit(value === 'none' ? null : Number(value)))
  const sizes = ({ runs: all }: Space) =>
    all.filter(({ bytes }) => bytes > 0).sort((a, b) => b.bytes - a.bytes)
  return (
    <Show when={space()}>
      {(now) => (
        <div class="stack-s">
          <p class="small quiet">
            {now().limit === null
              ? t('space.used', { used: formatBytes(now().used) })
              : t('space.usedOf', { used: formatBytes(now().used), limit: formatBytes(now().limit!) })}
          </p>
          <Show when={now().limit !== null && now().used > now().limit!}>
            <p class="small field-error">{t('space.over')}</p>
          </Show>
          <Select
            label={t('space.limit')}
            help={t('space.limitHelp')}
            value={now().limit === null ? 'none' : String(now().limit)}
            onChange={set}
            options={options(now().limit)}
          />
          <Show when={now().used > 0}>
            <Fold summary={t('space.each')} small>
              <Table
                label={t('space.each')}
                columns={[
                  {
                    id: 'run',
                    head: t('space.run'),
                    cell: ({ run }) => {
                      const known = runs.byId(run)
                      return known ? runs.label(known) : run
                    },
                  },
                  {
                    id: 'size',
                    head: t('space.size'),
                    cell: ({ bytes }) => formatBytes(bytes),
                    number: true,
                  },
                ]}
                rows={sizes(now())}
                dense
              />
            </Fold>
          </Show>
        </div>
      )}
    </Show>
  )
}
