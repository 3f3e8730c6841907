import './ui/language.ts'
import { render } from 'solid-js/web'
import './ui/styles/index.css'
import { App, Left, onLeaving, settleAddress } from './ui/App.tsx'
import { createStudio, endStudio, settleWorkers } from './workers/client.ts'

const root = document.getElementById('root')
if (!root) throw new Error('The page has no element "root".')
/** What follows is a task of its own: between, the browser can answer a hand. */
const nextTask = () => new Promise<void>((resolve) => setTimeout(resolve))

void Promise.all([settleAddress(), settleWorkers(), nextTask()]).then(([first]) => {
  root.textContent = ''
  const end = render(() => <App studio={createStudio()} first={first} />, root)
  onLeaving(async (acting) => {
    // Fetched before anything is removed: the host may be out of reach.
    await Left.preload()
    end()
    endStudio()
    render(() => <Left acting={acting} />, root)
  })
  // From here on the page shows its own errors; until then index.html does.
  document.dispatchEvent(new Event('lapidary-started'))
})
