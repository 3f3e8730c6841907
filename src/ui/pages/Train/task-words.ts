import type { PreparedInfo, TaskKind } from '../../../protocol/studio.ts'
import { t } from '../../messages/t.ts'

type Outlook = NonNullable<PreparedInfo['task']>

/** A task as it stands in the sentence. */
export function taskInWords(kind: TaskKind, { answers }: Outlook): string {
  if (kind !== 'labels') return t(`task.${kind}`)
  return answers ? t('task.labels', { count: answers.length }) : t('task.someLabels')
}

/** Why the rows are not of a kind; null where they can be. */
export function whyNot(kind: TaskKind, { ruledOut }: Outlook): string | null {
  const out = ruledOut[kind]
  return out ? t(`task.not.${out.why}`, { count: out.count ?? 0, most: out.most ?? 0 }) : null
}

export interface TaskMenuProps {
  kind: TaskKind
  outlook: Outlook
  onChange: (kind: TaskKind) => void
}

/** What the button says to those who hear it. */
export const taskLabel = ({ kind, outlook }: Pick<TaskMenuProps, 'kind' | 'outlook'>): string =>
  t('task.choose', { what: taskInWords(kind, outlook) })
