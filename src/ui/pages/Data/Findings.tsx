import { createMemo, createSignal, For, Show } from 'solid-js'
import type { Finding, Fix } from '../../../protocol/studio.ts'
import { Button } from '../../components/Button.tsx'
import { Dialog } from '../../components/Dialog.tsx'
import { TextField } from '../../components/Field.tsx'
import { Notice } from '../../components/Notice.tsx'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { applyFix, sortFindings } from '../../state/data-recipe.ts'

/** Findings in view at once; the rest is folded away. Errors are always in view. */
const IN_VIEW = 2

/** What was found in the data: the worst first, each with its place, what will happen, and its remedy as a button. */
export function Findings(props: { opening: Finding[] }) {
  const { data, settings, announce } = useApp()
  const [asking, setAsking] = createSignal<Extract<Fix, { kind: 'label_words' }> | null>(null)
  const sorted = createMemo(() => {
    const inspected = data.findings()
    const known = inspected ?? props.opening
    // Preparing names again, row by row, what looking through all rows has summed up.
    const further = (data.prepared()?.findings ?? []).filter(
      (finding) =>
        !inspected?.some((other) => other.row === finding.row && other.severity === finding.severity),
    )
    const found = sortFindings([...known, ...further])
    const errors = found.filter((finding) => finding.severity === 'error').length
    const warnings = found.filter((finding) => finding.severity === 'warning').length
    const shown = Math.max(errors, Math.min(IN_VIEW, errors + warnings))
    return { shown: found.slice(0, shown), rest: found.slice(shown) }
  })

  async function apply(fix: Fix): Promise<void> {
    const next = applyFix(data.recipe(), fix)
    if (next) data.setRecipe(next)
    else if (fix.kind === 'training') settings.setTraining(fix.field, fix.value)
    else if (fix.kind === 'label_words') return void setAsking(fix)
    else if (fix.kind === 'edit' && !(await data.edit(fix.edits))) return
    announce(
      fix.kind === 'step'
        ? t('fix.added', { step: t(`step.${fix.step.type}`) })
        : t('fix.done', { label: fix.label }),
    )
  }

  /** Findings of a kind name their place in words. */
  const place = (finding: Finding) =>
    (finding.kind
      ? []
      : [
          finding.row === undefined ? '' : t('finding.row', { row: finding.row + 1 }),
          finding.column === undefined ? '' : t('finding.column', { column: finding.column }),
        ]
    )
      .filter(Boolean)
      .join(' · ')

  const remedy = (fix: Fix) => <Button onClick={() => void apply(fix)}>{fix.label}</Button>

  const one = (finding: Finding) => (
    <Notice
      tone={finding.severity === 'note' ? 'info' : finding.severity}
      title={finding.message}
      {...(finding.fix ? { actions: remedy(finding.fix) } : {})}
    >
      <p>{finding.hint}</p>
      <Show when={place(finding)}>{(text) => <p class="small quiet">{text()}</p>}</Show>
    </Notice>
  )

  return (
    <>
      <Show when={sorted().shown.length + sorted().rest.length > 0}>
        <div class="stack-s findings" aria-busy={data.inspecting()}>
          <For each={sorted().shown}>{one}</For>
          <Show when={sorted().rest.length > 0}>
            <details class="fold">
              <summary>
                {t(sorted().shown.length > 0 ? 'finding.more' : 'finding.some', {
                  count: sorted().rest.length,
                })}
              </summary>
              <div class="stack-s">
                <For each={sorted().rest}>{one}</For>
              </div>
            </details>
          </Show>
        </div>
      </Show>
      <Show when={asking()}>
        {(fix) => (
          <Dialog title={t('fix.words.title')} open onOpenChange={() => setAsking(null)}>
            <WordsForm fix={fix()} onDone={() => setAsking(null)} />
          </Dialog>
        )}
      </Show>
    </>
  )
}

/** A word for each label, asked of the person. */
function WordsForm(props: { fix: Extract<Fix, { kind: 'label_words' }>; onDone: () => void }) {
  const { data } = useApp()
  const [words, setWords] = createSignal<Record<string, string>>({ ...data.mapping().labels })
  return (
    <form
      class="stack"
      onSubmit={(event) => {
        event.preventDefault()
        data.setMapping({ labels: words() })
        props.onDone()
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
        <Button onClick={() => props.onDone()}>{t('action.cancel')}</Button>
      </div>
    </form>
  )
}
