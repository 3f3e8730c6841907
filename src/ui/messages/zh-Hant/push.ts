import type { push as english } from '../en-push.ts'
import type { Translated } from '../t.ts'

export const push: Translated<typeof english> = {
  'push.open': '上傳到 Hugging Face Hub',
  'push.title': '上傳到 Hugging Face Hub',
  'push.lede': '建立新的儲存庫，把這些檔案以一次提交（commit）全部放進去。已有的內容絕不覆寫。',
  'push.repo': '儲存庫',
  'push.repoHint': '您的帳號或組織、斜線，再加一個還沒有人用的名稱。',
  'push.visibility': '誰看得到',
  'push.private': '私人',
  'push.public': '公開',
  'push.token': '需要可寫入的存取權杖（access token）。它只會傳給 {host}，不會傳到別處。',
  'push.sends': '傳送 {count} 個檔案（{size}）到 {place}，此外什麼都不傳：',
  'push.file': '{name}（{size}）',
  'push.commit': '這次提交的名稱是「{title}」。',
  'push.recite':
    '其中有您的資料檔名稱，模型卡（README.md）裡還有設定和您在其中輸入的文字。模型可能背得出訓練過的資料列：拿到這些檔案的人也可能得到那些資料。',
  'push.go': '上傳',
  'push.going': '正在上傳',
  'push.stop': '停止',
  'push.stopped': '已停止。{place} 不是有全部檔案，就是一個都沒有：如果是空的，請再上傳一次，它會接著做。',
  'push.done': '已上傳，位於 ',
}
