import { openHeadless } from './headless.ts'

openHeadless()
