import { lesson } from './en-lesson.ts'
import { addTexts } from './t.ts'

// To be imported by whatever shows them and is fetched later itself.
addTexts(lesson)
