import './ui/language.ts'
import { render } from 'solid-js/web'
import './ui/styles/index.css'
import { App, settleAddress } from './ui/App.tsx'
import { createStudio } from './workers/client.ts'

const root = document.getElementById('root')
if (!root) throw new Error('The page has no element "root".')
void settleAddress().then((first) => {
  root.textContent = ''
  render(() => <App studio={createStudio()} first={first} />, root)
  // From here on the page shows its own errors; until then index.html does.
  document.dispatchEvent(new Event('lapidary-started'))
})
