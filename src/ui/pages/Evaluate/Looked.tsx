import { createResource, type JSX, Match, onCleanup, Switch } from 'solid-js'
import { toFailure } from '../../../protocol/errors.ts'
import { FailureNotice } from '../../components/Notice.tsx'

/**
 * What is looked up of a run, drawn once it is there; a question that another takes the place of is given up.
 * @param props.of what is asked, as JSON: another text is another question
 */
export function Looked<Asked, View>(props: {
  of: string
  look: (asked: Asked, signal: AbortSignal) => Promise<View>
  looking: string
  children: (view: NonNullable<View>) => JSX.Element
}) {
  let abort: AbortController | null = null
  onCleanup(() => abort?.abort())
  const [read] = createResource(
    () => props.of,
    async (of) => {
      abort?.abort()
      abort = new AbortController()
      try {
        return { of, view: await props.look(JSON.parse(of) as Asked, abort.signal), failure: null }
      } catch (error) {
        return { of, view: null, failure: toFailure(error) }
      }
    },
  )
  const current = () => (read.state === 'ready' && read().of === props.of ? read() : null)
  return (
    <Switch
      fallback={
        <p class="quiet" role="status">
          {props.looking}
        </p>
      }
    >
      <Match when={current()?.failure}>{(failure) => <FailureNotice failure={failure()} />}</Match>
      <Match when={current()?.view}>{(view) => props.children(view())}</Match>
    </Switch>
  )
}
