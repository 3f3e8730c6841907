import { render } from 'solid-js/web'
import './ui/styles/index.css'
import { App } from './ui/App.tsx'
import { createStudio } from './workers/client.ts'

const root = document.getElementById('root')
if (root) render(() => <App studio={createStudio()} />, root)
