import { render } from 'solid-js/web'
import './ui/styles/index.css'
import { App } from './ui/App.tsx'
import { createStudio } from './workers/client.ts'

const fake = import.meta.env.DEV && location.search === '?fake'
const studio = fake ? (await import('./ui/dev/fake-studio.ts')).createFakeStudio() : createStudio()

const root = document.getElementById('root')
if (root) render(() => <App studio={studio} />, root)
