import { createComputed, createSignal, Index, type ParentProps, Show } from 'solid-js'
import { Button } from '../../components/Button.tsx'
import { Dialog, type DialogState } from '../../components/Dialog.tsx'
import { TextField } from '../../components/Field.tsx'
import { FailureNotice } from '../../components/Notice.tsx'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'

/** Cells copied in a spreadsheet: through the box, or pasted anywhere on the page. */
export function PasteDialog(props: DialogState & { pasted: string }) {
  const { data } = useApp()
  const [text, setText] = createSignal('')
  createComputed(() => props.pasted !== '' && setText(props.pasted))

  async function use(): Promise<void> {
    if (text().trim() === '') return
    if (await data.openPasted(text(), t('paste.name'))) props.onOpenChange(false)
  }

  return (
    <FormDialog {...props} title={t('paste.title')} onSubmit={() => void use()}>
      <TextField label={t('paste.label')} hint={t('paste.hint')} rows={8} value={text()} onChange={setText} />
      <Button type="submit" kind="primary" class="start" disabled={text().trim() === ''}>
        {t('paste.open')}
      </Button>
    </FormDialog>
  )
}

/** Examples written by hand, two columns of them. */
export function TypeDialog(props: DialogState) {
  const { data } = useApp()
  const columns = [t('type.prompt'), t('type.response')]
  const blank = () => ['', '']
  const [name, setName] = createSignal<string>(t('type.nameValue'))
  const [rows, setRows] = createSignal<string[][]>([blank(), blank(), blank()])
  const [few, setFew] = createSignal(false)
  let list: HTMLOListElement | undefined

  const set = (row: number, column: number, text: string) =>
    setRows((all) =>
      all.map((cells, i) => (i === row ? cells.map((c, j) => (j === column ? text : c)) : cells)),
    )

  async function use(): Promise<void> {
    const written = rows().filter((cells) => cells.some((cell) => cell.trim() !== ''))
    const whole = written.some((cells) => cells.every((cell) => cell.trim() !== ''))
    setFew(!whole)
    if (!whole) return
    const cells = written.map((row) => row.map((cell) => (cell.trim() === '' ? null : cell)))
    if (await data.createDataset(name().trim() || t('type.nameValue'), columns, cells))
      props.onOpenChange(false)
  }

  return (
    <FormDialog {...props} title={t('type.title')} onSubmit={() => void use()}>
      <p class="quiet">{t('type.lede')}</p>
      <TextField label={t('type.name')} value={name()} onChange={setName} />
      <ol class="typed" ref={list}>
        <Index each={rows()}>
          {(cells, row) => (
            <li>
              <Index each={columns}>
                {(column, at) => (
                  <textarea
                    rows={2}
                    placeholder={column()}
                    aria-label={t('type.cell', { column: column(), row: row + 1 })}
                    value={cells()[at]}
                    onInput={(event) => set(row, at, event.currentTarget.value)}
                  />
                )}
              </Index>
            </li>
          )}
        </Index>
      </ol>
      <Show when={few()}>
        <p class="field-error" role="alert">
          {t('type.few')}
        </p>
      </Show>
      <div class="row">
        <Button type="submit" kind="primary">
          {t('type.open')}
        </Button>
        <Button
          icon="add"
          onClick={() => {
            setRows((all) => [...all, blank()])
            queueMicrotask(() => list?.lastElementChild?.querySelector('textarea')?.focus())
          }}
        >
          {t('type.addRow')}
        </Button>
      </div>
    </FormDialog>
  )
}

/** What went wrong with it stands above its fields. */
function FormDialog(props: ParentProps<DialogState & { title: string; onSubmit: () => void }>) {
  const { data } = useApp()
  return (
    <Dialog title={props.title} open={props.open} onOpenChange={props.onOpenChange}>
      <form
        class="stack"
        onSubmit={(event) => {
          event.preventDefault()
          props.onSubmit()
        }}
      >
        <Show when={data.failure()}>{(failure) => <FailureNotice failure={failure()} />}</Show>
        {props.children}
      </form>
    </Dialog>
  )
}
