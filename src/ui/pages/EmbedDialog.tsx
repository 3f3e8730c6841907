import { createEffect, createMemo, createResource, createSignal, Index, on, onMount, Show } from 'solid-js'
import { version } from '../../../package.json'
import {
  LANGUAGES,
  type Language,
  LOCKS,
  type Lock,
  PARTS,
  type Part,
  type Theme,
} from '../../protocol/embed.ts'
import type { RunConfig } from '../../protocol/run-config.ts'
import { pinned, snippet } from '../../runs/embed-snippet.ts'
import { Button } from '../components/Button.tsx'
import { Dialog } from '../components/Dialog.tsx'
import { Checkbox, Field } from '../components/Field.tsx'
import { Segmented } from '../components/Segmented.tsx'
import { Select } from '../components/Select.tsx'
import { nameOfLanguage } from '../messages/format.ts'
import { t } from '../messages/t.ts'
import { useApp } from '../state/app.tsx'
import { THEMES } from '../state/theme.ts'

/** By then the dialog has the focus. */
const SETTLED_MS = 100

/** The run as it is set up now, as something to put into another page. */
export default function EmbedDialog(props: { config: RunConfig; onClose: () => void }) {
  const { data, link } = useApp()
  const [kind, setKind] = createSignal<'script' | 'frame'>('script')
  const [parts, setParts] = createSignal<readonly Part[]>(['train'])
  const [locked, setLocked] = createSignal<readonly Lock[]>([])
  const [sealed, setSealed] = createSignal(false)
  const [theme, setTheme] = createSignal<Theme>('system')
  const [lang, setLang] = createSignal<Language | 'own'>('own')
  const [studio, setStudio] = createSignal(
    pinned(`${location.origin}${location.pathname.replace(/index\.html$/, '')}`, version),
  )
  const [copied, setCopied] = createSignal<'yes' | 'no' | null>(null)

  const page = createMemo(() => {
    const chosen = lang()
    return {
      parts: parts(),
      locked: locked(),
      sealed: sealed(),
      theme: theme() === 'system' ? null : theme(),
      lang: chosen === 'own' ? null : chosen,
      place: PARTS.find((part) => part !== 'runs' && parts().includes(part)) as
        | Exclude<Part, 'runs'>
        | undefined,
    }
  })
  const [there] = createResource(
    () => ({ config: props.config, page: page() }),
    ({ config, page: { place, ...page } }) =>
      link.write(config, { ...page, ...(place ? { place } : {}), embed: 'frame' }),
  )
  /** Of the run's own data: another set may be in view. */
  const columns = () => {
    const all = [data.dataset(), ...data.stored()]
    const own = all.find((info) => info !== null && info.hash === props.config.data.hash)
    return own?.columns.map(({ name }) => name) ?? []
  }
  const text = () => {
    const now = there.latest
    return now
      ? snippet({
          link: now.href,
          studio: studio().replace(/\/*$/, '/'),
          kind: kind(),
          height: null,
          columns: columns(),
        })
      : ''
  }

  // The dialog looks for what can have the focus, in frames too, and finds no document in one that is being loaded.
  const [settled, setSettled] = createSignal(false)
  onMount(() => setTimeout(() => setSettled(true), SETTLED_MS))

  // What was copied is another snippet by now.
  createEffect(on(text, () => setCopied(null), { defer: true }))

  function toggle<Name extends string>(
    all: readonly Name[],
    now: readonly Name[],
    name: Name,
    on: boolean,
  ): Name[] {
    return all.filter((other) => (other === name ? on : now.includes(other)))
  }

  async function copy(): Promise<void> {
    setCopied(
      await Promise.resolve()
        .then(() => navigator.clipboard.writeText(text()))
        .then(
          () => 'yes' as const,
          // Pages that were not opened over https have no clipboard; the text can be selected.
          () => 'no' as const,
        ),
    )
  }

  return (
    <Dialog title={t('embed.title')} open onOpenChange={(open) => !open && props.onClose()} kind="drawer">
      <div class="stack">
        <p>{t('embed.lede')}</p>
        <Segmented
          label={t('embed.kind')}
          value={kind()}
          onChange={setKind}
          options={(['script', 'frame'] as const).map((value) => ({
            value,
            label: t(`embed.kind.${value}`),
          }))}
        />
        <p class="hint">{t(`embed.kind.${kind()}Note`)}</p>
        <fieldset class="stack-s">
          <legend class="field-legend">{t('embed.parts')}</legend>
          <div class="row">
            <Index each={PARTS}>
              {(part) => (
                <Checkbox
                  label={part() === 'runs' ? t('runs.title') : t(`place.${part() as Exclude<Part, 'runs'>}`)}
                  checked={parts().includes(part())}
                  disabled={
                    part() !== 'runs' &&
                    parts()
                      .filter((other) => other !== 'runs')
                      .join() === part()
                  }
                  onChange={(on) => setParts(toggle(PARTS, parts(), part(), on))}
                />
              )}
            </Index>
          </div>
        </fieldset>
        <fieldset class="stack-s">
          <legend class="field-legend">{t('embed.locked')}</legend>
          <div class="row">
            <Index each={LOCKS}>
              {(lock) => (
                <Checkbox
                  label={t(`embed.lock.${lock()}`)}
                  checked={locked().includes(lock())}
                  onChange={(on) => setLocked(toggle(LOCKS, locked(), lock(), on))}
                />
              )}
            </Index>
          </div>
        </fieldset>
        <Checkbox label={t('sealed.embed')} checked={sealed()} onChange={setSealed} />
        <div class="two">
          <Select
            label={t('embed.theme')}
            value={theme()}
            onChange={setTheme}
            options={THEMES.map((value) => ({ value, label: t(`theme.${value}`) }))}
          />
          <Select
            label={t('embed.lang')}
            value={lang()}
            onChange={setLang}
            options={[
              { value: 'own' as const, label: t('embed.lang.own') },
              ...LANGUAGES.map((value) => ({ value, label: nameOfLanguage(value) })),
            ]}
          />
        </div>
        <Field label={t('embed.studio')} hint={t('embed.studioHint')}>
          {(ids) => (
            <input
              id={ids.id}
              class="text-input"
              type="url"
              aria-describedby={ids.describedBy()}
              value={studio()}
              onInput={(event) => setStudio(event.currentTarget.value)}
            />
          )}
        </Field>
        <Show when={there.latest?.without}>
          <p class="hint">{t(kind() === 'script' ? 'embed.rowsInside' : 'embed.noRows')}</p>
        </Show>
        <Field label={t('embed.snippet')}>
          {(ids) => (
            <textarea
              id={ids.id}
              class="text-input mono"
              rows={10}
              readonly
              spellcheck={false}
              value={text()}
              onFocus={(event) => event.currentTarget.select()}
            />
          )}
        </Field>
        <div class="row">
          <Button kind="primary" onClick={() => void copy()}>
            {t('embed.copy')}
          </Button>
          <span class="small quiet" role="status">
            {copied() === null ? '' : t(`embed.copied.${copied()!}`)}
          </span>
        </div>
        <section class="stack-s" aria-label={t('embed.preview')}>
          <h3>{t('embed.preview')}</h3>
          <Show when={settled() && there.latest?.href} keyed>
            {(href) => <iframe class="embed-preview" src={href} title={t('embed.preview')} />}
          </Show>
        </section>
      </div>
    </Dialog>
  )
}
