import { render } from 'solid-js/web'
import './ui/styles/index.css'
import { App } from './ui/App.tsx'
import { createFakeStudio } from './ui/dev/fake-studio.ts'

const root = document.getElementById('root')
if (root) render(() => <App studio={createFakeStudio()} />, root)
