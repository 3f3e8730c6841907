import { createMemo, createSignal, For, Show } from 'solid-js'
import { knownFindings } from '../../../protocol/findings.ts'
import type { Finding, Fix, ReadOptions } from '../../../protocol/studio.ts'
import { Button } from '../../components/Button.tsx'
import { Dialog } from '../../components/Dialog.tsx'
import { TextField } from '../../components/Field.tsx'
import { Fold } from '../../components/Fold.tsx'
import { Notice } from '../../components/Notice.tsx'
import { said } from '../../messages/said.ts'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { applyFix } from '../../state/data-recipe.ts'

/** Findings in view at once; the rest is folded away. Errors are always in view. */
const IN_VIEW = 2

/** What was found in the data: the worst first, each with its place, what will happen, and its remedy as a button. */
export function Findings(props: {
  opening: Finding[]
  /** Rows of the data set. */
  rows: number
  onRow: (row: number) => void
}) {
  const { data, settings, announce } = useApp()
  const [asking, setAsking] = createSignal<Extract<Fix, { kind: 'label_words' }> | null>(null)
  const sorted = createMemo(() => {
    const prepared = data.prepared()
    const exact = prepared !== null && !prepared.estimate && !data.preparing()
    const found = knownFindings({
      opening: props.opening,
      inspected: data.findings(),
      prepared: prepared?.findings ?? [],
      exact,
    })
    const errors = found.filter((finding) => finding.severity === 'error').length
    const warnings = found.filter((finding) => finding.severity === 'warning').length
    const shown = Math.max(errors, Math.min(IN_VIEW, errors + warnings))
    return { shown: found.slice(0, shown), rest: found.slice(shown) }
  })

  /** What was done last, as long as it still stands. */
  const [done, setDone] = createSignal<{ said: string; holds: () => boolean; undo: () => void } | null>(null)

  function noteRecipe(said: string, change: () => void): void {
    const before = data.recipe()
    change()
    const after = data.recipe()
    note(
      said,
      () => data.recipe() === after,
      () => data.setRecipe(before),
    )
  }

  function note(said: string, holds: () => boolean, undo: () => void): void {
    setDone({ said, holds, undo })
    announce(said)
  }

  async function apply(fix: Fix): Promise<void> {
    const told =
      fix.kind === 'step'
        ? t('fix.added', { step: t(`step.${fix.step.type}`) })
        : t('fix.done', { label: said(fix.label) })
    const next = applyFix(data.recipe(), fix)
    if (next) noteRecipe(told, () => data.setRecipe(next))
    else if (fix.kind === 'label_words') setAsking(fix)
    else if (fix.kind === 'training') {
      const before = settings.training[fix.field]
      settings.setTraining(fix.field, fix.value)
      note(
        told,
        () => settings.training[fix.field] === fix.value,
        () => settings.setTraining(fix.field, before),
      )
    } else if (fix.kind === 'reading') {
      const before = data.reading()
      if (!(await readAs(fix.reading))) return
      const hash = data.dataset()?.hash
      note(
        told,
        () => data.dataset()?.hash === hash,
        () => void readAs(before),
      )
    } else if (fix.kind === 'edit' && (await data.edit(fix.edits))) {
      const hash = data.dataset()?.hash
      note(
        told,
        () => data.dataset()?.hash === hash,
        () => void data.undo(),
      )
    }
  }

  /** Reads what is open once more, with these ways of reading. */
  async function readAs(reading: ReadOptions): Promise<boolean> {
    data.setReading(reading)
    const again = data.readAgain(data.dataset()?.id ?? '')
    return again !== null && (await again())
  }

  /** Whether its remedy can be had here: a file that is not at hand any more cannot be read again. */
  const canDo = (fix: Fix) => fix.kind !== 'reading' || data.readAgain(data.dataset()?.id ?? '') !== null

  function undo(): void {
    done()?.undo()
    setDone(null)
    announce(t('fix.undone'))
  }

  /** Findings of a kind name their place in words. */
  const place = (finding: Finding) =>
    (finding.kind
      ? []
      : [
          finding.row === undefined ? '' : t('finding.row', { row: data.numberOf(finding.row) }),
          finding.column === undefined ? '' : t('finding.column', { column: finding.column }),
        ]
    )
      .filter(Boolean)
      .join(' · ')

  const actions = ({ fix, row }: Finding) => (
    <>
      <Show when={row !== undefined && row < props.rows}>
        <Button kind="quiet" onClick={() => props.onRow(row!)}>
          {t('rows.show', { row: data.numberOf(row!) })}
        </Button>
      </Show>
      <Show when={fix && canDo(fix) && fix}>
        {(known) => <Button onClick={() => void apply(known())}>{said(known().label)}</Button>}
      </Show>
    </>
  )

  const one = (finding: Finding) => (
    <Notice
      tone={finding.severity === 'note' ? 'info' : finding.severity}
      title={said(finding.message)}
      {...(finding.fix || finding.row !== undefined ? { actions: actions(finding) } : {})}
    >
      <p>{said(finding.hint)}</p>
      <Show when={place(finding)}>{(text) => <p class="small quiet">{text()}</p>}</Show>
    </Notice>
  )

  return (
    <>
      <Show when={done()?.holds() ? done() : null}>
        {(last) => (
          <div class="findings">
            <Notice
              tone="success"
              title={last().said}
              actions={
                <Button icon="undo" onClick={undo}>
                  {t('action.undo')}
                </Button>
              }
            />
          </div>
        )}
      </Show>
      <Show when={sorted().shown.length + sorted().rest.length > 0}>
        <div class="stack-s findings" aria-busy={data.inspecting()}>
          <For each={sorted().shown}>{one}</For>
          <Show when={sorted().rest.length > 0}>
            <Fold
              summary={t(sorted().shown.length > 0 ? 'finding.more' : 'finding.some', {
                count: sorted().rest.length,
              })}
            >
              <div class="stack-s">
                <For each={sorted().rest}>{one}</For>
              </div>
            </Fold>
          </Show>
        </div>
      </Show>
      <Show when={asking()}>
        {(fix) => (
          <Dialog title={t('fix.words.title')} open onOpenChange={() => setAsking(null)}>
            <WordsForm
              fix={fix()}
              onSave={(labels) => {
                noteRecipe(t('fix.done', { label: t('fix.words.title') }), () => data.setMapping({ labels }))
                setAsking(null)
              }}
              onCancel={() => setAsking(null)}
            />
          </Dialog>
        )}
      </Show>
    </>
  )
}

/** A word for each label, asked of the person. */
function WordsForm(props: {
  fix: Extract<Fix, { kind: 'label_words' }>
  onSave: (labels: Record<string, string>) => void
  onCancel: () => void
}) {
  const { data } = useApp()
  const [words, setWords] = createSignal<Record<string, string>>({ ...data.mapping().labels })
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault()
        props.onSave(words())
      }}
    >
      <p class="quiet">{t('fix.words.lede')}</p>
      <For each={props.fix.values}>
        {(value) => (
          <TextField
            label={t('fix.words.one', { value })}
            value={words()[value] ?? ''}
            onChange={(word) => setWords((all) => ({ ...all, [value]: word }))}
          />
        )}
      </For>
      <div class="row">
        <Button type="submit" kind="primary">
          {t('action.save')}
        </Button>
        <Button onClick={() => props.onCancel()}>{t('action.cancel')}</Button>
      </div>
    </form>
  )
}
