import type { begin } from '../en-begin.ts'
import type { open as english } from '../en-open.ts'
import type { Translated } from '../t.ts'

export const open: Translated<typeof english & typeof begin> = {
  'open.title': '從檔案打開設定',
  'open.pick': '選擇 run.json',
  'open.hint':
    '或拖放到這裡，或把文字貼在這個頁面上：一次訓練的 run.json，或使用 TRL（Hugging Face 的訓練函式庫）名稱的檔案。',
  'open.pasted': '貼上的設定',
  'open.done': '已打開{name}的設定。',
  'open.busy': '訓練進行中不能打開設定。',
  'open.busyHint': '請停止訓練或等它結束，再打開一次。',
  'open.use': '使用這些設定',
  'open.continue': '以它的適配器開始新的訓練',
  'open.someData': '資料集',
  'open.unnamed': '一份設定',
  'open.noData': '{name} 不在這個瀏覽器裡：請在資料頁打開該檔案，它的欄、步驟和分割方式就會套用。',
  'open.otherData': '目前的資料集不是當時的 {name}：學到的會不一樣。',
  'open.noModel': '模型 {name} 不在這個瀏覽器裡：請在模型頁加入。目前選的模型維持不變。',
  'open.onlyNamed':
    '那次訓練的模型不在這個瀏覽器裡：這裡叫 {name} 的模型，權重不同。請在模型頁加入同樣的檔案，名稱不拘。目前選用的模型不變。',
  'open.otherModel': '{name} 的權重不是那次訓練的權重：學到的會不一樣。',
  'open.noWritten': '模型為它寫的範例不在這個瀏覽器裡：請在資料頁重新寫一次，或不使用。',
  'open.noRun': '它所接續的訓練（{name}）不在這個瀏覽器裡：請選另一個，或從頭開始。',
  'open.noAdapter': '它從適配器 {name} 開始：請在「從檔案中的適配器開始」選擇它的檔案，或從頭開始。',
  'open.to.data': '前往資料',
  'open.to.model': '前往模型',
  'start.run': '從 {name} 的適配器開始，最佳化器和步數重新計算。',
  'start.runAt': '從 {name} 第 {step} 步的適配器開始，最佳化器和步數重新計算。',
  'start.runBest': '從 {name} 在沒看過的列上最好的適配器開始，最佳化器和步數重新計算。',
  'start.adapter': '從適配器 {name} 開始。',
  'start.nothing': '從頭開始',
  'instead.title': '這是 {base} 的適配器，不是模型。',
  'instead.titleAlone': '這是適配器，不是模型。',
  'instead.begin': '在 {model} 上從它開始訓練',
  'instead.here': '訓練可以接著它學到的部分進行。',
  'instead.away': '訓練可以接著它學到的部分進行。請先取得 {base}：這則通知會留在這裡，之後訓練就從它開始。',
  'startFrom.title': '從檔案中的適配器開始',
  'startFrom.lede':
    '這次訓練接續另一次訓練所學，最佳化器和步數重新計算。適配器必須是為所選的模型製作的；會採用它的 LoRA 設定。',
  'startFrom.files': '選擇檔案',
  'startFrom.folder': '選擇資料夾',
  'startFrom.hint':
    '含 adapter_config.json 和 adapter_model.safetensors 的資料夾或 .zip，或 LoRA .gguf。也可以拖放到這裡。',
  'startFrom.reading': '正在讀取適配器',
  'startFrom.noModel': '還沒有選擇模型。',
  'startFrom.noModelHint': '請在模型頁選擇適配器所屬的模型。',
  'startFrom.lost': '{name} 的檔案已不在這個網頁裡：請重新選擇。',
  'beyond.title': '還設定了，但這一頁沒有另外顯示',
  'beyond.corrections': '{count} 列會依改正後的內容來學。',
  'beyond.withoutCorrections': '照原來的資料學',
  'beyond.reset': '回到預設值',
}
