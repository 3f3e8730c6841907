import type { chat as english } from '../en-chat.ts'

/** Texts of an exported chat page. */
export const chat: Record<keyof typeof english, string> = {
  title: '向微調後的模型提問',
  whose: '{base} 訓練 {step} 步之後的樣子，旁邊是訓練之前的 {base}。',
  practice: '這是練習用的模型：小到什麼都不懂，但足以看出訓練改變了什麼。',
  careful: '它只在這部裝置上執行；您寫的內容不會傳到任何地方。它可能出錯，也可能複述訓練過的內容。',
  question: '您的問題（prompt）',
  eachAlone: '每個問題分開回答：它不知道之前問過什麼。',
  both: '也問基礎模型',
  longest: '回答長度上限（詞元）',
  ask: '提問',
  stop: '停止',
  fetching: '正在取得模型：{total} 中的 {done}',
  preparing: '正在準備模型……',
  tuned: '微調後的模型',
  base: '基礎模型',
  waiting: '等待中……',
  writing: '正在回答……',
  took: '{seconds} 秒',
  cut: '沒有說完：到了長度上限',
  stopped: '已停止',
  check: '檢查這個模型',
  checkHint: '問五個內建的問題，並與模型在訓練時的表現比較。',
  checking: '正在檢查……',
  works:
    '正常：基礎模型和微調後的模型在這裡的表現與訓練時相同（每個詞元相差不到 {away} nats；{same} 以內算相同）。',
  withoutEffect: '已載入，但沒有效果：它的回答和基礎模型一樣。請把下載的整個資料夾原樣放到伺服器上。',
  differs:
    '與訓練出來的不同，每個詞元最多相差 {away} nats：base/ 或 adapter/ 是別的檔案。請把下載的整個資料夾原樣放到伺服器上。',
}
