import { english } from '../../src/ui/messages/english.ts'
import { addEnglish } from '../../src/ui/messages/t.ts'

/** Texts as a page has them once any part of it is drawn. */
addEnglish(english)
