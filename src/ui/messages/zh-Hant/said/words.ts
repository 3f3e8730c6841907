import type { SaidTexts } from '../../sayer.ts'

/** Words of ours that are values in texts, and ways of putting texts together that have no words of their own. */
export const words: SaidTexts = {
  messages: '對話',
  input: '附加內容',
  validation: '驗證',
  test: '測試',
  '{0} {1}.': '{0} {1~}。',
  '{0} {1}': '{0} {1~}',
}
