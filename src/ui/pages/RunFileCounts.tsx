import { For } from 'solid-js'
import type { LeftOut } from '../../protocol/run-file.ts'
import { t } from '../messages/t.ts'

const COUNTED = ['samples', 'questions', 'judged_rows', 'corrections', 'data', 'checkpoints'] as const

export const isEmpty = (of: LeftOut) => !COUNTED.some((what) => of[what])

/** Rows and states of a run, as its file counts them. */
export function RunFileCounts(props: { of: LeftOut }) {
  return (
    <ul class="plain">
      <For each={COUNTED.filter((what) => props.of[what])}>
        {(what) => <li>{t(`runFile.count.${what}`, { count: props.of[what]! })}</li>}
      </For>
    </ul>
  )
}
