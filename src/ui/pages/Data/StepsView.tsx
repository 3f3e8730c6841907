import { DropdownMenu } from '@kobalte/core/dropdown-menu'
import { For, Index, Show } from 'solid-js'
import type { DataStep, StepType } from '../../../protocol/data-steps.ts'
import type { DatasetInfo, StepReport } from '../../../protocol/studio.ts'
import { Button, IconButton } from '../../components/Button.tsx'
import { Checkbox } from '../../components/Field.tsx'
import { Fold } from '../../components/Fold.tsx'
import { heldInPlace, pressedWhole } from '../../components/held.ts'
import { FailureNotice } from '../../components/Notice.tsx'
import { Table } from '../../components/Table.tsx'
import { formatCount } from '../../messages/format.ts'
import { t } from '../../messages/t.ts'
import { useApp } from '../../state/app.tsx'
import { moveStep, readyIndex, stepProblem } from '../../state/data-recipe.ts'
import { newStep, STEP_GROUPS } from '../../state/step-forms.ts'
import { StepForm } from './StepForm.tsx'

/** Preprocessing as an ordered list: what each step does, to how many rows, and its settings. */
export function StepsView(props: { info: DatasetInfo }) {
  const { data, announce } = useApp()
  let list: HTMLOListElement | undefined
  const steps = () => data.recipe().steps
  const name = (step: DataStep) => t(`step.${step.type}`)
  const columns = () => [
    ...new Set([...props.info.columns.map((column) => column.name), ...(data.stepsReport()?.columns ?? [])]),
  ]
  const report = (index: number) => {
    const at = readyIndex(steps(), index)
    return at < 0 ? null : (data.stepsReport()?.steps.find((step) => step.index === at) ?? null)
  }

  function add(type: StepType): void {
    const { prompt, text, messages } = data.mapping()
    data.setSteps([...steps(), newStep(type, columns(), prompt ?? text ?? messages)])
    announce(t('steps.said.added', { step: t(`step.${type}`) }))
    setTimeout(() => {
      const made = list?.lastElementChild
      const form = made?.querySelector('details')
      if (form) form.open = true
      made?.querySelector<HTMLElement>('summary')?.focus()
    })
  }

  function move(index: number, by: 1 | -1): void {
    const step = steps()[index]!
    const next = moveStep(steps(), index, by)
    if (next === steps()) return
    data.setSteps(next)
    announce(t('steps.said.moved', { step: name(step), place: index + by + 1 }))
    // The focus stays with the step that was moved.
    list?.children[index + by]?.querySelector<HTMLElement>(by < 0 ? '.step-up' : '.step-down')?.focus()
  }

  function remove(index: number): void {
    const step = steps()[index]!
    data.setSteps(steps().filter((_, i) => i !== index))
    announce(t('steps.said.removed', { step: name(step) }))
    const near = list?.children[Math.min(index, steps().length - 1)] ?? list?.parentElement
    near?.querySelector<HTMLElement>('button')?.focus()
  }

  return (
    <div class="stack">
      <p class="quiet small">{t('steps.lede')}</p>
      <Show when={data.reviewFailure()}>{(failure) => <FailureNotice failure={failure()} />}</Show>
      <Show when={steps().length === 0}>
        <p class="quiet">{t('steps.none')}</p>
      </Show>
      <ol class="steps" aria-label={t('steps.list')} ref={list} aria-busy={data.stepsRunning()}>
        <Index each={steps()}>
          {(step, index) => (
            <li class="step" classList={{ off: !step().enabled }}>
              <div class="step-head">
                <span class="step-number" aria-hidden="true">
                  {index + 1}
                </span>
                <h3>{name(step())}</h3>
                <div class="row step-tools">
                  <Checkbox
                    label={t('steps.on', { step: name(step()) })}
                    bare
                    checked={step().enabled}
                    onChange={(enabled) => replace(index, { ...step(), enabled })}
                  />
                  <IconButton
                    class="step-up"
                    icon="up"
                    label={t('steps.up', { step: name(step()) })}
                    aria-disabled={index === 0}
                    onClick={() => move(index, -1)}
                  />
                  <IconButton
                    class="step-down"
                    icon="down"
                    label={t('steps.down', { step: name(step()) })}
                    aria-disabled={index === steps().length - 1}
                    onClick={() => move(index, 1)}
                  />
                  <IconButton
                    icon="trash"
                    label={t('steps.remove', { step: name(step()) })}
                    onClick={() => remove(index)}
                  />
                </div>
              </div>
              <p class="small quiet" role="status">
                {effect(step(), report(index))}
              </p>
              <Fold small summary={t('steps.edit')}>
                {/* Drawn again for another type of step in this place, not for another value. */}
                <For each={[step().type]}>
                  {() => (
                    <StepForm step={step()} columns={columns()} onChange={(next) => replace(index, next)} />
                  )}
                </For>
              </Fold>
              <Samples report={report(index)} />
            </li>
          )}
        </Index>
      </ol>
      <AddStep onAdd={add} />
    </div>
  )

  function replace(index: number, next: DataStep): void {
    data.setSteps(steps().map((step, i) => (i === index ? next : step)))
  }

  function effect(step: DataStep, report: StepReport | null): string {
    if (!step.enabled) return t('steps.off')
    if (stepProblem(step) !== null) return t('steps.waiting')
    if (!report) return data.stepsRunning() ? t('steps.running') : ''
    const estimate = data.stepsReport()?.estimate
    const done = [
      report.changed > 0 ? t('steps.changed', { count: report.changed }) : '',
      report.dropped > 0 ? t('steps.dropped', { count: report.dropped }) : '',
      report.added > 0 ? t('steps.added', { count: report.added }) : '',
    ].filter(Boolean)
    return [
      t('steps.rows', { in: report.rowsIn, out: report.rowsOut }),
      ...(done.length > 0 ? done : [t('steps.nothing')]),
      ...(estimate ? [t('steps.estimate', { rows: estimate.rows })] : []),
    ].join(' · ')
  }
}

function Samples(props: { report: StepReport | null }) {
  const { data } = useApp()
  return (
    <Show when={(props.report?.samples.length ?? 0) > 0}>
      <Fold small summary={t('steps.samples')}>
        <Table
          dense
          stacks
          label={t('steps.samples')}
          rows={props.report!.samples}
          columns={[
            {
              id: 'row',
              head: t('rows.number'),
              number: true,
              cell: (sample) => formatCount(data.numberOf(sample.row)),
            },
            { id: 'column', head: t('stats.column'), cell: (sample) => sample.column },
            {
              id: 'before',
              head: t('steps.before'),
              cell: (sample) => <div class="cell exact">{sample.before ?? t('rows.empty')}</div>,
            },
            {
              id: 'after',
              head: t('steps.after'),
              cell: (sample) => (
                <div class="cell exact">{sample.after ?? <em>{t('steps.rowDropped')}</em>}</div>
              ),
            },
          ]}
        />
      </Fold>
    </Show>
  )
}

function AddStep(props: { onAdd: (type: StepType) => void }) {
  let added = false
  const held = heldInPlace()
  return (
    <DropdownMenu {...held} gutter={4} placement="bottom-start" preventScroll={false} modal={false}>
      <DropdownMenu.Trigger as={Button} icon="add" class="start">
        {t('steps.add')}
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          class="menu step-menu"
          ref={pressedWhole}
          onCloseAutoFocus={(event) => {
            // The focus goes to the new step, not back to the button.
            if (added) event.preventDefault()
            added = false
          }}
        >
          <For each={STEP_GROUPS}>
            {(group) => (
              <DropdownMenu.Group>
                <DropdownMenu.GroupLabel class="menu-label">{t(group.label)}</DropdownMenu.GroupLabel>
                <For each={group.types}>
                  {(type) => (
                    <DropdownMenu.Item
                      class="menu-item"
                      onSelect={() => {
                        added = true
                        props.onAdd(type)
                      }}
                    >
                      {t(`step.${type}`)}
                    </DropdownMenu.Item>
                  )}
                </For>
              </DropdownMenu.Group>
            )}
          </For>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu>
  )
}
