import { Icon } from '../../components/Icon.tsx'
import { loadedLater } from '../../components/loaded.tsx'
import { Opener } from '../../components/Opener.tsx'
import { type TaskMenuProps, taskInWords, taskLabel } from './task-words.ts'

const TaskList = loadedLater(() => import('./TaskList.tsx').then((part) => part.TaskList))

/** What the run is for, within the sentence that says it: pressed, it shows what else it could be, and why what cannot be chosen cannot. */
export function TaskMenu(props: TaskMenuProps) {
  return (
    <Opener
      class="in-sentence"
      label={taskLabel(props)}
      popup="menu"
      load={TaskList.preload}
      live={(press) => <TaskList {...props} press={press} />}
    >
      {taskInWords(props.kind, props.outlook)}
      <Icon name="down" size={16} />
    </Opener>
  )
}
