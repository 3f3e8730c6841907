import { createEffect, createSignal, on, onCleanup, Show } from 'solid-js'
import { Button } from '../../components/Button.tsx'
import { Checkbox } from '../../components/Field.tsx'
import { Hint } from '../../components/Hint.tsx'
import { PageHead, Section } from '../../components/Page.tsx'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { SECOND_PRESS } from '../../state/training.ts'
import { RunFacts } from '../RunFacts.tsx'
import { Failures } from './Failures.tsx'
import { Hood } from './Hood.tsx'
import { Live } from './Live.tsx'
import { RunCurve } from './RunCurve.tsx'
import { SavedAlong } from './SavedAlong.tsx'
import { UnkeptNotice } from './UnkeptNotice.tsx'

/** The run that this page trains: its own settings and data, whatever the form says meanwhile. */
export function RunGoingOn() {
  const { training, runs } = useApp()
  const config = () => training.liveConfig() ?? runs.byId(runs.live())?.config
  const told = {
    ...training,
    stopping: () => (training.phase() === 'stopping' ? { seconds: training.stepLeft() } : null),
  }
  const [atOnce, setAtOnce] = createSignal(false)
  createEffect(
    on(
      () => training.phase() === 'stopping',
      (stopping) => {
        setAtOnce(false)
        if (!stopping) return
        const timer = setTimeout(() => setAtOnce(true), SECOND_PRESS)
        onCleanup(() => clearTimeout(timer))
      },
    ),
  )
  return (
    <>
      <PageHead
        title={t('train.title')}
        lede={
          <Show when={runs.byId(runs.live())} fallback={t('stage.start')}>
            {(run) => runs.label(run())}
          </Show>
        }
        action={
          <div class="row">
            <Button
              icon="stop"
              onClick={() => void training.stop()}
              disabled={training.phase() !== 'running'}
            >
              {t(training.phase() === 'stopping' ? 'train.stopping' : 'train.stop')}
            </Button>
            <Show when={atOnce()}>
              <Button icon="stop" title={t('train.stopNowTitle')} onClick={() => void training.stop(true)}>
                {t('train.stopNow')}
              </Button>
            </Show>
          </div>
        }
      />
      <div class="stack">
        <Failures of={runs.live()} />
        <UnkeptNotice run={runs.byId(runs.live())} />
      </div>
      <div class="workbench train live">
        <div class="train-setup">
          <Section title={t('train.runSettings')}>
            <Show when={config()}>{(config) => <RunFacts config={config()} />}</Show>
          </Section>
        </div>
        <div class="stack-l train-live">
          <Live told={told} run={runs.byId(runs.live())} />
          <TellMe />
          <SavedAlong run={runs.live()} />
          <Show when={training.latest()}>
            <Hint id="learning" />
          </Show>
          <RunCurve view={training.liveView()} run={runs.byId(runs.live())}>
            <Hood run={runs.live()} />
          </RunCurve>
        </div>
      </div>
    </>
  )
}

/** A word when it is done, for whoever looks elsewhere meanwhile. */
function TellMe() {
  const { finished } = useApp()
  return (
    <>
      <Show when={finished.possible()}>
        <Checkbox
          label={t('finished.tell')}
          help={t('finished.tellHelp')}
          checked={finished.wanted()}
          onChange={(on) => void finished.want(on)}
        />
      </Show>
      <Show when={finished.refused()}>
        <p class="hint">{t('finished.refused')}</p>
      </Show>
    </>
  )
}
