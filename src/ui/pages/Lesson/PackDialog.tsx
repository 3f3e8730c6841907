import { createEffect, createSignal, For, on, onCleanup, Show } from 'solid-js'
import { LOCKS, type Lock, PARTS, type Part, type Place } from '../../../protocol/embed.ts'
import { type Failure, toFailure } from '../../../protocol/errors.ts'
import { blobOf } from '../../../protocol/exported.ts'
import { oneFile } from '../../../protocol/one-file.ts'
import { ONE_FILE_ENDING, PACK_ENDING, PACK_FORMS, type PackForm } from '../../../protocol/pack.ts'
import type { ExportedFile } from '../../../protocol/studio.ts'
import { readLesson, readLessonFile } from '../../../runs/lesson.ts'
import { Button } from '../../components/Button.tsx'
import { Dialog } from '../../components/Dialog.tsx'
import { Checkbox, TextField } from '../../components/Field.tsx'
import { PickFiles } from '../../components/FileDrop.tsx'
import { Fold } from '../../components/Fold.tsx'
import { FailureNotice, Notice } from '../../components/Notice.tsx'
import { Progress } from '../../components/Progress.tsx'
import { Select } from '../../components/Select.tsx'
import { formatBytes } from '../../messages/format.ts'
import '../../messages/lesson.ts'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { packConfig, rowsFile } from '../../state/pack-making.ts'
import { fileName, save } from '../../state/save.ts'
import { chooseFile, writeAll } from '../../state/save-as.ts'
import { zipInto, zipped, zipSize } from '../../state/zip.ts'
import { LessonText } from './LessonText.tsx'
import '../../styles/lesson.css'

type Rounding = 'none' | 'int8' | 'int4'
const ROUNDINGS: Rounding[] = ['none', 'int8', 'int4']

/** What is set up now as a class pack: put together first, so that its size is known, then saved. */
export default function PackDialog(props: { onClose: () => void }) {
  const { studio, data, draft, models } = useApp()
  const [title, setTitle] = createSignal('')
  const [lesson, setLesson] = createSignal(t('pack.lessonStart', { data: '{#data}', train: '{#train}' }))
  const [model, setModel] = createSignal(models.chosenId())
  const [rounding, setRounding] = createSignal<Rounding>('none')
  const [withData, setWithData] = createSignal(true)
  const [locked, setLocked] = createSignal<readonly Lock[]>([])
  const [shown, setShown] = createSignal<readonly Part[]>(PARTS)
  // A studio that is one file has no files of its own to give along.
  const whole = oneFile() === null
  const [form, setForm] = createSignal<PackForm>('zip')
  const [app, setApp] = createSignal(whole)
  const [made, setMade] = createSignal<{ files: ExportedFile[]; form: PackForm; name: string } | null>(null)
  const [work, setWork] = createSignal<{ what: 'making' | 'saving'; share: number | null } | null>(null)
  const [failure, setFailure] = createSignal<Failure | null>(null)
  const [saved, setSaved] = createSignal(false)
  let control: AbortController | null = null
  onCleanup(() => control?.abort())

  const name = () => title().trim() || readLesson(lesson()).title || t('pack.title')
  const info = () => models.list().find(({ id }) => id === model()) ?? null
  const config = () => draft.ready()
  const size = () => {
    const pack = made()
    if (!pack) return null
    return pack.form === 'html' ? pack.files[0]!.size : zipSize(pack.files, '')
  }
  const left = () => packConfig(draft.usable()).left

  // What was put together is another pack by now.
  createEffect(
    on(
      () => [
        title(),
        lesson(),
        model(),
        rounding(),
        withData(),
        locked(),
        shown(),
        form(),
        app(),
        draft.config(),
        data.dataset(),
      ],
      () => {
        control?.abort()
        setMade(null)
        setSaved(false)
      },
      { defer: true },
    ),
  )

  async function doing(
    what: 'making' | 'saving',
    task: (signal: AbortSignal) => Promise<void>,
  ): Promise<void> {
    const own = (control = new AbortController())
    setFailure(null)
    setWork({ what, share: null })
    try {
      await task(own.signal)
    } catch (error) {
      const told = toFailure(error)
      if (told.code !== 'cancelled' && !own.signal.aborted) setFailure(told)
    } finally {
      if (control === own) setWork(null)
    }
  }

  const make = () =>
    doing('making', async (signal) => {
      const ready = config()
      if (!ready) return
      const dataset = withData() ? data.dataset() : null
      const file = dataset && (await rowsFile(studio.data, dataset, { signal }))
      const as = form()
      const rounded = as === 'zip' && rounding() !== 'none' && !info()?.practice
      const files = await studio.packs.make(
        {
          form: as,
          title: name(),
          language: document.documentElement.lang || 'en',
          lesson: lesson(),
          config: packConfig(ready).config,
          model: info()?.id ?? null,
          quantization: rounded ? (rounding() as 'int8' | 'int4') : null,
          data: file,
          shown: shown().length === PARTS.length ? null : shown(),
          locked: locked(),
          place: shown().find((part): part is Place => part !== 'runs') ?? 'data',
          app: app(),
        },
        { signal, onProgress: ({ share }) => setWork((now) => now && { ...now, share }) },
      )
      const ending = as === 'html' ? ONE_FILE_ENDING : PACK_ENDING
      if (!signal.aborted) setMade({ files, form: as, name: `${fileName(name())}${ending}` })
    })

  const store = () =>
    doing('saving', async (signal) => {
      const pack = made()
      if (!pack) return
      const call = {
        signal,
        onProgress: ({ share }: { share: number | null }) => setWork((now) => now && { ...now, share }),
      }
      // Only right after the press does a browser ask where a file is to go.
      const place = await chooseFile(pack.name)
      if (pack.form === 'html') {
        const blob = await blobOf(pack.files[0]!)
        if (place) await writeAll(place, blob.stream())
        else save(blob, pack.name)
      } else if (place) await zipInto(pack.files, '', (stream) => writeAll(place, stream), call)
      else save(await zipped(pack.files, '', call), pack.name)
      setSaved(true)
    })

  async function takeLesson(file: File): Promise<void> {
    setFailure(null)
    try {
      setLesson(await readLessonFile(file, file.name))
    } catch (error) {
      setFailure(toFailure(error))
    }
  }

  const toggle = <Name extends string>(all: readonly Name[], now: readonly Name[], one: Name, on: boolean) =>
    all.filter((other) => (other === one ? on : now.includes(other)))

  return (
    <Dialog title={t('pack.title')} open onOpenChange={(open) => !open && props.onClose()} kind="drawer">
      <div class="stack">
        <p>{t('pack.lede')}</p>
        <TextField label={t('pack.name')} value={title()} placeholder={name()} onChange={setTitle} />
        <TextField
          label={t('pack.lesson')}
          hint={t('pack.lessonHint', { mark: '{#train}' })}
          rows={12}
          value={lesson()}
          onChange={setLesson}
        />
        <div class="row">
          <PickFiles
            label={t('pack.lessonFile')}
            accept=".md,.markdown,.txt"
            onFiles={([file]) => file && void takeLesson(file)}
          />
        </div>
        <Fold summary={t('pack.preview')}>
          <div class="stack lesson-preview">
            <For each={readLesson(lesson()).steps}>
              {(step) => (
                <section class="stack-s">
                  <h3>{step.title}</h3>
                  <LessonText markdown={step.text} language={document.documentElement.lang} />
                </section>
              )}
            </For>
          </div>
        </Fold>
        <div class="two">
          <Select
            label={t('pack.model')}
            value={model()}
            onChange={setModel}
            options={[
              ...models.list().map(({ id, name }) => ({ value: id, label: name })),
              { value: '', label: t('pack.model.none') },
            ]}
          />
          <Show when={form() === 'zip' && info() && !info()!.practice}>
            <Select
              label={t('pack.rounding')}
              value={rounding()}
              onChange={setRounding}
              options={ROUNDINGS.map((value) => ({ value, label: t(`pack.rounding.${value}`) }))}
            />
          </Show>
        </div>
        <Show when={info() && !info()!.practice}>
          <p class="hint">{t('pack.terms')}</p>
        </Show>
        <Show when={data.dataset()} fallback={<p class="hint">{t('pack.noData')}</p>}>
          {(dataset) => (
            <div class="stack-s">
              <p>{t('pack.data', { name: data.title(dataset()), count: dataset().rows })}</p>
              <Checkbox label={t('pack.dataCheck')} checked={withData()} onChange={setWithData} />
            </div>
          )}
        </Show>
        <p class="hint">{t('pack.settings')}</p>
        <Show when={left()}>
          <Notice tone="warning" title={t('pack.left')} />
        </Show>
        <fieldset class="stack-s">
          <legend class="field-legend">{t('pack.locked')}</legend>
          <div class="row">
            <For each={LOCKS}>
              {(lock) => (
                <Checkbox
                  label={t(`embed.lock.${lock}`)}
                  checked={locked().includes(lock)}
                  onChange={(on) => setLocked(toggle(LOCKS, locked(), lock, on))}
                />
              )}
            </For>
          </div>
        </fieldset>
        <fieldset class="stack-s">
          <legend class="field-legend">{t('pack.shown')}</legend>
          <div class="row">
            <For each={PARTS}>
              {(part) => (
                <Checkbox
                  label={part === 'runs' ? t('runs.title') : t(`place.${part}`)}
                  checked={shown().includes(part)}
                  disabled={
                    part !== 'runs' &&
                    shown()
                      .filter((other) => other !== 'runs')
                      .join() === part
                  }
                  onChange={(on) => setShown(toggle(PARTS, shown(), part, on))}
                />
              )}
            </For>
          </div>
        </fieldset>
        <Show when={whole} fallback={<p class="hint">{t('pack.noApp')}</p>}>
          <Select
            label={t('pack.form')}
            hint={t(`pack.form.${form()}Hint`)}
            value={form()}
            onChange={setForm}
            options={PACK_FORMS.map((value) => ({ value, label: t(`pack.form.${value}`) }))}
          />
          <Show when={form() === 'zip'}>
            <Checkbox label={t('pack.app')} checked={app()} onChange={setApp} />
          </Show>
        </Show>
        <Show when={!config()}>
          <p class="field-error">{t('pack.invalid')}</p>
        </Show>
        <Show when={failure()}>
          {(failure) => <FailureNotice failure={failure()} onDismiss={() => setFailure(null)} />}
        </Show>
        <div class="row">
          {/* One button, which keeps the focus: what is replaced while it has it would leave the dialog without. */}
          <Button
            kind="primary"
            icon={made() ? 'export' : 'check'}
            disabled={!config()}
            aria-disabled={work() !== null}
            onClick={() => work() === null && void (made() ? store() : make())}
          >
            {t(made() ? 'pack.save' : 'pack.check')}
          </Button>
          <span role="status">
            {saved()
              ? t('pack.saved')
              : size() === null
                ? ''
                : t('pack.size', { size: formatBytes(size()!) })}
          </span>
        </div>
        <Show when={work()}>
          {(work) => (
            <div class="row">
              <Progress label={t(`pack.${work().what}`)} share={work().share} />
              <Button onClick={() => control?.abort()}>{t('action.stop')}</Button>
            </div>
          )}
        </Show>
      </div>
    </Dialog>
  )
}
