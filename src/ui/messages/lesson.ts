import { lesson } from './en-lesson.ts'
import { addEnglish } from './t.ts'

// To be imported by whatever shows them and is fetched later itself.
addEnglish(lesson)
