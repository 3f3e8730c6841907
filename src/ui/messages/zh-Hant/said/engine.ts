import type { SaidTexts } from '../../sayer.ts'

/** What computes: devices, memory, who uses them, and what is checked. */
export const engine: SaidTexts = {
  'State tensor {0} has shape [{1}], not [{2}].': '狀態的張量 {0} 形狀是 [{1}]，不是 [{2}]。',
  'The state has no tensor {0}.': '狀態沒有張量 {0}。',
  'Use a checkpoint made with this model and these LoRA settings.':
    '請使用以這個模型和這些 LoRA 設定製作的檢查點。',
  'Prompt {0} is empty.': '第 {0} 個問題是空的。',
  'Prompt {0} has {1} tokens; there is room for {2}.': '第 {0} 個問題有 {1} 個詞元；可容納 {2} 個。',
  'Shorten the prompt.': '請縮短問題。',
  'Lower max_length or per_device_train_batch_size.': '請降低 max_length 或 per_device_train_batch_size。',
  'leave recompute to auto, or ': '讓 recompute 維持 auto，或',
  'A batch without any supervised token.': '有一批沒有任何受監督的詞元。',
  'Raise max_length, or check the data.': '請提高 max_length，或檢查資料。',
  'the model': '模型',
  'the check of an operation': '一項運算的檢查',

  'Trying the graphics memory': '正在試出顯示記憶體有多少',
  'Preparing the graphics processor: compiling what a step runs': '正在準備顯示卡：編譯一步所執行的程式',
  'Checking what a step runs on the graphics processor': '正在顯示卡上檢查一步所執行的運算',
  'Reading weights': '正在讀取權重',
  'Linear layers with LoRA': '線性層與 LoRA',
  'Linear layers, a few rows': '線性層，少數幾列',
  'QK-norm and RoPE': 'QK 正規化與 RoPE',
  'Residual sum': '殘差相加',
  'Attention over a cache': '以快取計算注意力',
  'Attention over a tree of choices': '以選項樹計算注意力',
  'Picking of rows': '選取列',
  'Head and cross-entropy': '輸出層與交叉熵',
  'Head over choices': '選項的輸出層',
  'Figures of a step': '一步的數字',
  'Clipping and AdamW': '裁剪與 AdamW',
  'Choice of the next token': '選出下一個詞元',

  'Try again. If it comes again, choose the portable engine on the Model page.':
    '請再試一次。如果再發生，請在模型頁選擇可攜引擎。',
  'The browser gives no graphics device any more: {0}': '瀏覽器不再提供顯示裝置：{0~}',
  'Start the browser anew, or choose the portable engine on the Model page.':
    '請重新啟動瀏覽器，或在模型頁選擇可攜引擎。',
  'This browser has WebGPU, but offers no graphics adapter for it.':
    '這個瀏覽器有 WebGPU，但沒有提供顯示卡。',
  'Update the graphics driver, or switch on hardware acceleration in the browser settings.':
    '請更新顯示卡驅動程式，或在瀏覽器設定中開啟硬體加速。',
  'WebGPU is switched off because this page was not opened over https or from localhost.':
    'WebGPU 已關閉，因為這個網頁不是以 https 或從 localhost 打開的。',
  'Open the page over https, or from localhost on this machine.':
    '請以 https 打開網頁，或在這台電腦上從 localhost 打開。',
  'This browser has no WebGPU.': '這個瀏覽器沒有 WebGPU。',
  'Use a current Chrome, Edge, Safari or Firefox.': '請使用新版的 Chrome、Edge、Safari 或 Firefox。',
  'The graphics device has no room for {0}.': '顯示裝置放不下{0~}。',
  'Lower max_length, the batch size or the LoRA rank, or choose whole-layer recomputation; close other tabs.':
    '請降低 max_length、批次大小或 LoRA 的秩，或選擇整層重新計算；並關閉其他分頁。',
  'The graphics device refused {0}: {1}': '顯示裝置拒絕了{0~}：{1}',
  'This is a fault of ours; please report it with the text above.': '這是我們的錯誤；請連同上面的文字回報。',
  'one dispatch took {0} s': '一次執行花了 {0} 秒',
  'it did nothing': '它什麼都沒做',
  'it computed something else': '它算出了別的結果',
  '{0} has another size': '{0} 的大小不同',
  '{0} at {1} is {2} where others have {3}': '{0} 在 {1} 是 {2}，其他的是 {3}',
  'the check of every operation found it wrong': '檢查所有運算時發現它有錯',

  'One of the threads that compute has stopped in the middle of its work.':
    '有一個運算用的執行緒在工作途中停了。',
  'Try again; a run goes on from its last checkpoint. Until the model is loaded anew one thread computes by itself, more slowly, to the same figures.':
    '請再試一次；訓練會從最後的檢查點繼續。在重新載入模型之前，由一個執行緒獨自運算，會比較慢，數字不變。',
  'The state ‹has another size for|lacks› {0} ({1}).': '狀態‹0:的 {0}（{1}）大小不同|缺少 {0}（{1}）›。',
  'Load a state that was saved with the same model and LoRA settings.':
    '請載入以相同模型和 LoRA 設定儲存的狀態。',
  'TensorFlow.js cannot start ({0}).': 'TensorFlow.js 無法啟動（{0}）。',
  'Use a current browser; some policies and extensions block WebAssembly.':
    '請使用新版的瀏覽器；有些規則和擴充功能會封鎖 WebAssembly。',
  'Set portable_backend to auto.': '請把 portable_backend 設為 auto。',
  'This run needs {0}, and it may take {1} (memory_budget).':
    '這次訓練需要 {0}，而它可以使用 {1}（memory_budget）。',
  'This run needs {0}; the portable engine has {1}.': '這次訓練需要 {0}；可攜引擎有 {1}。',
  'Use a smaller model, or a machine with WebGPU.': '請使用較小的模型，或有 WebGPU 的電腦。',
  'No more memory is to be had: the portable engine holds {0}.': '無法取得更多記憶體：可攜引擎已占用 {0}。',

  'A run is just being loaded.': '正在載入一次訓練。',
  'Try again once it trains, or stop it.': '請等它開始訓練後再試，或停止它。',
  'A run is going on in this window.': '這個視窗正在訓練。',
  'Stop it first, or wait until it is done.': '請先停止它，或等它結束。',
  'The operations of the graphics processor are being checked.': '正在檢查顯示卡的運算。',
  'Wait until that is done, or stop it.': '請等它完成，或停止它。',
  'A question is being answered.': '正在回答問題。',
  'The model is being tested.': '正在評估模型。',
  'The model is writing examples.': '模型正在寫範例。',
  'The proof of an export is being made.': '正在製作匯出的證明。',
  'The graphics processor is being measured.': '正在測量顯示卡。',
  'Try again in a moment.': '請稍等一下再試。',
  'What computes here is being found out.': '正在找出這裡由什麼計算。',
  'This graphics processor or its driver computes wrongly: {0}.': '這張顯示卡或它的驅動程式算錯：{0~}。',
  'The studio computes on the processor instead, with TensorFlow.js. Everything works; larger models take longer.':
    '工作室改以處理器用 TensorFlow.js 計算。一切都能用；較大的模型花的時間較久。',
  'No graphics processor that this browser can compute with was found.':
    '找不到這個瀏覽器可用來計算的顯示卡。',

  'One array of this plan takes {0} MB; this device binds at most {1} MB at once.':
    '這次規劃中有一個陣列需要 {0} MB；這台裝置一次最多接受 {1} MB。',
  'This run takes {0} MB of graphics memory, and it may take {1} MB (memory_budget).':
    '這次訓練需要 {0} MB 的顯示記憶體，而它可以使用 {1} MB（memory_budget）。',
  'Set memory_budget to {0} bytes or more, or {1}lower max_length, per_device_train_batch_size or the LoRA rank.':
    '請把 memory_budget 設為 {0} 個位元組以上，或{1~}降低 max_length、per_device_train_batch_size 或 LoRA 的秩。',
  'The graphics device was lost ({0}{1}).': '顯示裝置中斷（{0}{1}）。',
  Embedding: '嵌入',
  RMSNorm: 'RMSNorm',
  GeGLU: 'GeGLU',
  Attention: '注意力',
  Logits: 'Logits',
  'attention, width 64': '注意力，寬度 64',
  'attention, width 256': '注意力，寬度 256',
  'cached attention, width 64': '快取注意力，寬度 64',
  'cached attention, width 256': '快取注意力，寬度 256',
  'tree attention, width {0}': '樹狀注意力，寬度 {0}',
  training: '訓練',
  'Beyond {0} MB the graphics memory is full or slow. The run takes {1} MB, and computes more again instead.':
    '超過 {0} MB 時，顯示記憶體已滿或變慢。這次訓練使用 {1} MB，改為多計算一些。',
  'Beyond {0} MB the graphics memory is full or slow, and the run needs {1} MB: its steps may take many times longer. Close other windows, or lower max_length or the batch size.':
    '超過 {0} MB 時，顯示記憶體已滿或變慢，而這次訓練需要 {1} MB：每步可能要花好幾倍的時間。請關閉其他視窗，或降低 max_length 或批次大小。',
  'Set memory_budget to {0} bytes or more‹.|, or lower per_device_train_batch_size or max_length, so that their product is at most {1}: that fits.›':
    '請把 memory_budget 設為 {0} 個位元組以上‹0:。|，或降低 per_device_train_batch_size 或 max_length，使兩者的乘積最多是 {1}：這樣就放得下。›',
  'Lower per_device_train_batch_size or max_length, so that their product is at most {0}: that fits.':
    '請降低 per_device_train_batch_size 或 max_length，使兩者的乘積最多是 {0}：這樣就放得下。',
  'Set memory_budget to {0} bytes ({1}): this run fits, and takes longer.':
    '請把 memory_budget 設為 {0} 個位元組（{1~}）：這次訓練就放得下，但花的時間較久。',
  'Set memory_budget to {0} bytes ({1}), and lower per_device_train_batch_size or max_length, so that their product is at most {2}: that fits.':
    '請把 memory_budget 設為 {0} 個位元組（{1~}），並降低 per_device_train_batch_size 或 max_length，使兩者的乘積最多是 {2}：這樣就放得下。',
  'Close other tabs and programs, or use a smaller model.': '請關閉其他分頁和程式，或使用較小的模型。',
  'The last checkpoint is kept. {0}': '最後的檢查點會保留。{0~}',
  'the WebAssembly heap cannot grow': 'WebAssembly 堆積無法再擴大',
  '{0} The studio computes on the processor instead, with TensorFlow.js. Everything works; larger models take longer.':
    '{0~}工作室改以處理器用 TensorFlow.js 計算。一切都能用；較大的模型花的時間較久。',
  'Checking what a step runs on the graphics processor: {0}': '正在顯示卡上檢查一步所執行的運算：{0~}',
  'Update the graphics driver, then check again. ‹Meanwhile the studio uses TensorFlow.js on it, whose operations were found right; it takes longer.|The studio computes on the processor instead, with TensorFlow.js. Everything works; larger models take longer.›':
    '請更新顯示卡驅動程式，再檢查一次。‹0:在那之前，工作室在它上面使用 TensorFlow.js，其運算經檢查正確；花的時間較久。|工作室改以處理器用 TensorFlow.js 計算。一切都能用；較大的模型花的時間較久。›',
  'The graphics device refused part of the work: {0}': '顯示裝置拒絕了一部分工作：{0}',
  'Close other tabs and programs, or lower max_length or the batch size, and try again.':
    '請關閉其他分頁和程式，或調低 max_length 或批次大小，再試一次。',
  'Try again. If it comes again, choose the portable engine on the Model page, and please report it with the text above.':
    '請再試一次。如果再發生，請在模型頁選擇可攜引擎，並請連同上面的文字回報。',
}
