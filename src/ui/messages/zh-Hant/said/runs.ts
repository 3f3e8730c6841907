import type { SaidTexts } from '../../sayer.ts'

/** Settings, training, checkpoints, queues and evaluations. */
export const runs: SaidTexts = {
  'A run config must be a JSON object.': '訓練的設定必須是 JSON 物件。',
  'Start from {"training": {...}, "lora": {...}}.': '請從 {"training": {...}, "lora": {...}} 開始寫。',
  'This run config is of version {0}; this Lapidary reads up to version {1}.':
    '這份設定是第 {0} 版；這個 Lapidary 最多讀取第 {1} 版。',
  'Open it with a newer Lapidary.': '請用較新的 Lapidary 打開。',
  'Unknown field "{0}" in the run config.': '設定中有不認得的欄位「{0}」。',
  'Field "{0}" of the run config is missing.': '設定缺少欄位「{0}」。',
  'Field "{0}" of the run config: {1}.': '設定的欄位「{0}」：{1~}。',
  'Remove it, or check its spelling: names are those of TRL SFTConfig and PEFT LoraConfig.':
    '請移除，或檢查拼字：名稱與 TRL 的 SFTConfig 和 PEFT 的 LoraConfig 相同。',
  '‹Add it|Correct the value›; docs/config.md lists every field with its range.':
    '請‹0:加上它|改正它的值›；docs/config.md 列出每個欄位和範圍。',
  '"{0}" stands twice in the run config: {1} at the top, {2} in "training".':
    '設定中「{0}」出現兩次：最上層是 {1}，在 "training" 中是 {2}。',
  'Leave one of the two out.': '請去掉其中一個。',
  '{0} is below the least allowed, {1}': '{0} 低於下限 {1}',
  '{0} is above the most allowed, {1}': '{0} 高於上限 {1}',
  '{0} must be above {1}': '{0} 必須大於 {1}',
  '{0} is not {1}': '{0~}不是{1~}',
  'an object': '物件',
  'a number': '數字',
  'a whole number': '整數',
  'true or false': 'true 或 false',
  'must name a column': '必須寫出欄名',
  'must not be empty': '不能是空的',
  'must have a limit': '必須有界限',
  'must ascend': '必須由小到大',
  'must contain {prompt}': '必須含有 {prompt}',
  'must be a whole number, or a share below 1': '必須是整數，或小於 1 的比例',
  'must name a module': '必須寫出模組',
  'leaves its folder': '離開了它的資料夾',

  'There is no benchmark set "{0}".': '沒有名為「{0}」的基準題組。',
  'This is the benchmark set "{0}": no run learns from it, so that all can be judged by it.':
    '這是基準題組「{0}」：任何訓練都不學它，這樣才能用它評估所有的訓練。',
  'Choose other data to learn from. Runs are evaluated on this set on the Evaluate page, or with npm run evaluate -- --benchmark.':
    '請選擇其他資料來學習。在「評估」頁，或用 npm run evaluate -- --benchmark，可以拿這組題目評估訓練。',
  'The benchmark set {0} is not as it was published: its figures could not be held against others.':
    '基準題組 {0} 與發布時不同：得到的數字無法與其他的比較。',
  'Load the page again; whoever serves the studio should lay it out anew.':
    '請重新載入網頁；架設這個工作室的人應該重新放上檔案。',
  'how a run is judged changes no step of it': '怎樣評估不會改變訓練的任何一步',
  'The task cannot be "{0}": {1}.': '目的不能是「{0}」：{1~}。',
  'the rows are texts, without questions and answers': '各列是純文字，沒有問題和回答',
  'the rows are questions with answers': '各列是問題和回答',
  'all answers are the same': '所有回答都一樣',
  'there are {0} different answers; labels are at most {1}': '共有 {0} 種不同的回答；標籤最多 {1} 種',
  'the longest answer has {0} characters; a label has at most {1}':
    '最長的回答有 {0} 個字元；標籤最多 {1} 個字元',
  'no answer is a JSON object or list': '沒有任何回答是 JSON 物件或清單',
  'no answer calls a function': '沒有任何回答呼叫函式',
  'Leave it out (data.task: null): it is "{0}" then. Or choose other data.':
    '請去掉它（data.task: null）：目的就會是「{0}」。或選擇其他資料。',

  'the loss on rows that it never saw': '沒看過的列的損失',
  'the token accuracy on rows that it never saw': '沒看過的列的詞元準確率',
  ' by more than {0}': '超過 {0}',
  'at the last evaluation': '在最後一次檢查',
  'at the last {0} evaluations': '在最後 {0} 次檢查',
  'Stopped early, at step {0} of {1}: {2} did not get better{3} {4} (early_stopping_patience). It was best at step {5}.':
    '提早停止於 {1} 步中的第 {0} 步：{2~}{4~}沒有變好{3~}（early_stopping_patience）。最好的是第 {5} 步。',
  'greater_is_better is {0}, but {1} ({2}) is better where it is ‹higher|lower›.':
    'greater_is_better 是 {0}，但{1~}（{2}）越‹0:高|低›越好。',
  'Leave greater_is_better out, or choose another metric_for_best_model.':
    '請不要設 greater_is_better，或改選別的 metric_for_best_model。',
  'metric_for_best_model is {0}, but no rows are held out to measure it: no checkpoint would be the best.':
    'metric_for_best_model 是 {0}，但沒有保留列可測量：不會有最好的檢查點。',
  'Hold rows out (validation_share, or a column that says which), or leave metric_for_best_model out.':
    '請保留一些列（validation_share，或指明的一欄），或不要設 metric_for_best_model。',
  'early_stopping_patience is set, but no rows are held out to measure: the run would never stop early.':
    '設了 early_stopping_patience，但沒有保留列可測量：訓練不會提早停止。',
  'Hold rows out (validation_share, or a column that says which), or leave early_stopping_patience out.':
    '請保留一些列（validation_share，或指明的一欄），或不要設 early_stopping_patience。',

  'The file is damaged or not a checkpoint; start the run afresh.':
    '檔案已損毀或不是檢查點；請重新開始訓練。',
  'The checkpoint holds a tensor "{0}" that no checkpoint has.': '檢查點含有檢查點不該有的張量「{0}」。',
  'is missing': '不見了',
  'has shape [{0}], not [{1}]': '形狀是 [{0}]，不是 [{1}]',
  'The checkpoint\'s optimizer state of "{0}" {1}.': '檢查點中「{0}」的最佳化器狀態{1~}。',
  'The checkpoint holds no adapter.': '檢查點沒有適配器。',
  'The checkpoint has no readable description.': '檢查點沒有可讀取的說明。',
  'The checkpoint is of version {0}; this Lapidary reads version {1}.':
    '檢查點是第 {0} 版；這個 Lapidary 讀取第 {1} 版。',
  'Go on with the Lapidary that wrote it, or start the run afresh.':
    '請用寫它的 Lapidary 繼續，或重新開始訓練。',
  'The checkpoint\'s "{0}" cannot be read.': '無法讀取檢查點的「{0}」。',
  settings: '設定',
  'training data': '訓練資料',
  'base model': '基礎模型',
  'This checkpoint was written with other {0}: going on would not be the same run.':
    '這個檢查點是以別的{0~}寫成的：繼續下去就不是同一次訓練。',
  'Give the {0} that the run was started with, or start a new run in another folder.':
    '請提供訓練開始時的{0~}，或在別的資料夾開始新的訓練。',
  'The base model gives no finite loss on the held-out rows.': '基礎模型在保留列上沒有有限的損失。',
  'Training stopped at step {0}: the loss on the held-out rows was not a finite number.':
    '訓練在第 {0} 步停止：保留列的損失不是有限的數字。',
  'Its weights are damaged, or this device computes wrongly: check it on the Model page, or choose another engine.':
    '它的權重已損毀，或這台裝置算錯：請在模型頁檢查，或選擇別的引擎。',
  'The last checkpoint is kept. Start again with a lower learning_rate, more warmup_steps, or a smaller max_grad_norm.':
    '最後的檢查點會保留。請以較低的 learning_rate、較多的 warmup_steps 或較小的 max_grad_norm 重新開始。',
  'Kernels that this run was computed with are not here any more ({0}{1}). It goes on with others: from here on its numbers may differ in their last digits from those of a run without a break.':
    '這次訓練用過的核心程式已經不在（{0}{1~}）。它改用別的繼續：從這裡起，數字的最後幾位可能與沒有中斷的訓練不同。',
  '{0} of {1} examples are cut at {2} tokens (max_length): what they lose is not learnt, nor how to end there, and no loss says how well these answers are known.':
    '{1} 個範例中有 {0} 個在 {2} 個詞元處被截短（max_length）：截去的部分學不到，也學不會在那裡結束，而且沒有損失能說明這些回答掌握得多好。',
  '‹One example is held out|All {0} examples held out have the same answer›: the loss on it shows nothing of the other answers.':
    '‹0:只保留了一個範例|保留的 {0} 個範例答案都相同›：它的損失看不出其他答案學得如何。',
  'Kernels that this graphics processor or its driver does not run rightly were left out ({0}{1}). The run uses others.':
    '這張顯示卡或它的驅動程式無法正確執行的核心程式已略過（{0}{1~}）。這次訓練使用別的。',
  'Step {0} was skipped: its loss or gradient was not a finite number. The weights stay as they were.':
    '第 {0} 步已略過：它的損失或梯度不是有限的數字。權重維持原樣。',
  'Training stopped at step {0}: the loss or gradient was not a finite number {1} steps in a row.':
    '訓練在第 {0} 步停止：損失或梯度連續 {1} 步不是有限的數字。',
  'Measuring on held-out rows': '正在以保留列測量',
  'Answering the questions': '正在回答問題',
  'Saving a checkpoint': '正在儲存檢查點',
  'The learning rate is 0 in ‹the one step|each of the {0} steps›: nothing would be learnt.':
    '學習率在‹0:唯一的一步|全部 {0} 步›都是 0：什麼都學不到。',
  'The warm-up is as long as the run: set warmup_steps to 0, or train longer.':
    '暖身和訓練一樣長：請把 warmup_steps 設為 0，或訓練久一點。',
  'A learning_rate of {0} is far above what suits {1} ({2}): training most likely comes apart within its first steps.':
    '學習率 {0} 遠高於適合 {1} 的值（{2}）：訓練很可能在最初幾步就失控。',
  'Raise learning_rate.': '請提高 learning_rate。',
  'The warm-up is as long as the run ({0} of {1} steps): the learning rate never comes to {2}. Fewer warmup_steps, or more steps, would learn more.':
    '暖身和訓練一樣長（{1} 步中的 {0} 步）：學習率到不了 {2}。減少 warmup_steps 或增加步數會學得更多。',

  '{0} of their size in {1}': '在 {1} 中是其大小的 {0}',
  ' {0} of its matrices stay as they came: their rows are no whole blocks of 64 weights.':
    '其中 {0} 個矩陣維持原樣：它們的列不是 64 個權重的完整區塊。',
  '{0} is as narrow already as {1} asks for.{2}': '{0} 本來就和 {1} 要求的一樣窄。{2~}',
  'The base is held in fewer bits ({0}): its weights are off by {1} (root mean square). The adapter learns on it as it is.{2}':
    '基礎模型以較少的位元儲存（{0}）：權重偏差為 {1~}（均方根）。適配器就在這樣的模型上學習。{2~}',
  'from its checkpoint of step {0}': '從第 {0} 步的檢查點',
  'from the start': '從頭',
  'The graphics device was lost; going on {0}': '顯示裝置中斷；{0~}繼續',
  '{0} That was after step {1}; the run has gone on by itself {2}.':
    '{0~}發生在第 {1} 步之後；訓練已自行{2~}繼續。',
  '{0} Press "Go on", or "Go on with the portable engine", which needs no graphics device.':
    '{0~}請按「繼續」，或「用可攜引擎繼續」，它不需要顯示裝置。',
  '{0} It was lost {1} times in a row. Press "Go on with the portable engine", which needs no graphics device; or start the browser anew and press "Go on".':
    '{0~}它已連續中斷 {1} 次。請按「用可攜引擎繼續」，它不需要顯示裝置；或重新啟動瀏覽器再按「繼續」。',
  'The graphics device was lost, and this browser session offers none any more.':
    '顯示裝置中斷，而這次開啟的瀏覽器不再提供。',
  '{0} Press "Go on with the portable engine", or start the browser again and press "Go on".':
    '{0~}請按「用可攜引擎繼續」，或重新啟動瀏覽器再按「繼續」。',
  'The computation was broken off, and not by you.': '計算被中斷了，而且不是您做的。',
  '{0} If it comes again, choose the portable engine.': '{0~}如果再發生，請選擇可攜引擎。',
  'Stopped at once, within step {0}.': '立即停止，在第 {0} 步之中。',
  'No checkpoint had been saved: the run begins again from the start.': '還沒有儲存檢查點：訓練會從頭開始。',
  'The run goes on from its checkpoint of step {0}.': '訓練會從第 {0} 步的檢查點繼續。',
  'Loading {0}': '正在載入 {0}',
  'The checkpoint of step {0} could not be stored. {1} The run trains on, and is lost with this page unless it is exported.':
    '無法儲存第 {0} 步的檢查點。{1~}訓練會繼續，但如果不匯出，關閉這個網頁就會失去。',
  'The checkpoint of step {0} is damaged: {1}': '第 {0} 步的檢查點已損毀：{1~}',
  'was not part of it when it was saved': '儲存時並不在其中',
  'has shape [{0}]; it was saved with [{1}]': '形狀是 [{0}]；儲存時是 [{1}]',
  'has other bytes than were saved': '位元組與儲存時不同',
  'its tensor "{0}" {1}.': '它的張量「{0}」{1~}。',
  'Go on from another checkpoint of the run, if there is one, or start it afresh.':
    '如果訓練還有別的檢查點，請從那裡繼續，或重新開始。',
  'Stopped at once.': '已立即停止。',
  'The run goes on from its last checkpoint, or where there is none from the start.':
    '訓練會從最後的檢查點繼續；沒有的話就從頭開始。',
  'The studio was left.': '已離開工作室。',
  'Open it anew.': '請重新打開。',
  '{0} has changed since it was made.': '{0} 在製作之後已更動。',
  'Make the files again.': '請重新製作檔案。',

  'No rows are held out: at the evaluations, every {0} steps (eval_steps), no loss is measured.':
    '沒有保留列：每 {0} 步的檢查（eval_steps）不會測量損失。',
  "The model's chat template is not the one that {0} was trained with: what was learnt in the one form may not show in the other. Take the model with the chat_template.jinja that lies beside the adapter.":
    '模型的對話範本與訓練{0~}時的不同：以一種格式學到的，換了格式可能看不出來。請讓模型使用適配器旁邊的 chat_template.jinja。',
  'this run': '這次訓練',
  'the adapter': '適配器',
  'This is the text part of a model that also sees: its vision part is left out.':
    '這是看得懂圖片的模型的文字部分：不含視覺部分。',
  'The tokenised data is no longer in this browser.': '切分好的資料已不在這個瀏覽器裡。',
  'The data was tokenised for another model.': '資料是為別的模型切分的。',
  'Prepare the data again for the model that is chosen now.': '請為目前所選的模型重新準備資料。',
  'The longest example has {0} tokens; {1} was made for {2} at most.':
    '最長的範例有 {0} 個詞元；{1} 最多供 {2} 個使用。',
  'Set max_length to {0} or less: longer examples are then cut.':
    '請把 max_length 設為 {0} 以下：更長的範例會被截短。',
  'max_length is {0}, and {1} was made for {2} tokens at most. The longest example has {3}: nothing is cut or lost.':
    'max_length 是 {0}，而 {1} 最多供 {2} 個詞元使用。最長的範例有 {3} 個：沒有截短或遺失。',
  'There is no data set "{0}" in this browser.': '這個瀏覽器裡沒有資料集「{0}」。',
  'Open the file again.': '請重新打開檔案。',
  'The built-in prompts need {0} tokens; the model knows {1} positions.':
    '內建的提問需要 {0} 個詞元；模型只有 {1} 個位置。',
  'The export is the same without its proof.': '沒有證明，匯出的內容也一樣。',
  'This adapter changes nothing: base and tuned model say the same.':
    '這個適配器什麼都沒改變：基礎模型和微調後的模型說的一樣。',
  'its data': '它的資料',
  'What this run learnt from, {0}, is not in this browser.': '這次訓練所學的{0~}不在這個瀏覽器裡。',
  'Open the same file under Data, then go on with the run. It is known by its SHA-256.':
    '請在資料頁打開同一個檔案，再繼續訓練。它以 SHA-256 辨認。',
  'The base model of the run "{0}", {1}, is not in this browser.':
    '訓練「{0}」的基礎模型 {1} 不在這個瀏覽器裡。',
  'The base model of the run "{0}", {1}, is not in this browser: what is called {2} here has other weights.':
    '訓練「{0}」的基礎模型 {1} 不在這個瀏覽器裡：這裡叫 {2} 的模型，權重不同。',
  'Add it under Model: the same files, under any name. They are known by their SHA-256.':
    '請在模型頁加入同樣的檔案，名稱不拘。檔案以 SHA-256 辨認。',
  'Download it again under Model, from {0}; or add the same files there, under any name. They are known by their SHA-256.':
    '請在模型頁從 {0} 重新下載，或在那裡加入同樣的檔案，名稱不拘。檔案以 SHA-256 辨認。',
  'The practice model that comes with the studio is another by now: begin the run again on it.':
    '工作室附帶的練習用模型現在已經換了：請用它重新開始訓練。',
  'The base model of this queue, {0}, is not in this browser any more: the runs that wait cannot begin.':
    '這個佇列的基礎模型 {0} 已不在這個瀏覽器裡：等候中的訓練不能開始。',
  'Add the same files under Model, under any name, then go on. They are known by their SHA-256.':
    '請在模型頁加入同樣的檔案，名稱不拘，然後繼續。檔案以 SHA-256 辨認。',
  'What is stored as {0} is not what this run was trained on.': '以 {0} 儲存的不是這次訓練所用的模型。',
  'Add the model again that it was trained on.': '請重新加入訓練所用的模型。',
  'This run is going on.': '這次訓練正在進行。',
  'Stop it before you remove it.': '刪除之前請先停止。',
  'Name it there, or once it has ended.': '請在那邊命名，或等它結束。',
  'The log has {0} events; the checkpoint of step {1} was written after {2}.':
    '紀錄有 {0} 個事件；第 {1} 步的檢查點是在 {2} 個之後寫的。',
  'metrics.jsonl and checkpoint/ are not of the same run, or one was cut off. Start the run afresh.':
    'metrics.jsonl 和 checkpoint/ 不屬於同一次訓練，或其中一個被截斷。請重新開始訓練。',
  'This run is going on in another tab.': '這次訓練正在另一個分頁進行。',
  'Stop it there, or wait until it is done.': '請在那邊停止，或等它結束。',
  'There is no run "{0}".': '沒有訓練「{0}」。',
  'Choose one of the list.': '請從清單中選擇。',
  'Set the queue up anew.': '請重新設定佇列。',
  'the checkpoint of step {0}': '第 {0} 步的檢查點',
  'Go on from the one before it, of step {0}: the steps since then are trained again.':
    '請從前一個（第 {0} 步）繼續：之後的步會重新訓練。',
  'There is none before it: begin the run again from the start.': '前面沒有別的：請從頭開始訓練。',
  'This run keeps no best checkpoint: nothing was validated before one was saved.':
    '這次訓練沒有最好的檢查點：儲存之前沒有驗證過。',
  'This run keeps no checkpoint of step {0}.': '這次訓練沒有保留第 {0} 步的檢查點。',
  'Kept: {0}.': '保留的有：{0~}。',
  'step {0}': '第 {0} 步',
  'This run has no checkpoint yet.': '這次訓練還沒有檢查點。',
  'While it trains, wait, or stop it: a stop saves one. Where it was cut off, go on with it: it begins again.':
    '訓練進行中的話請稍候，或停止它：停止時會儲存一個。若是中斷了，請繼續訓練：它會從頭開始。',
  'This run came as a file without a checkpoint.': '這次訓練來自一個沒有檢查點的檔案。',
  'Have it saved again with a state to go on from, and open that file.':
    '請重新儲存並附上可以繼續的狀態，再開啟那個檔案。',
  'Delete runs that you need no more, or allow more, in the list of runs.':
    '請在訓練紀錄中刪除不再需要的訓練，或提高上限。',
  'The adapter of ‹run "{0}"|"{1}"› is not the one that this run is to begin with.':
    '‹0:訓練「{0}」|「{1}」›的適配器不是這次訓練要開始的那一個。',
  'That run has been trained on since. Choose it again, or another one.':
    '那次訓練之後又繼續訓練過。請重新選擇它，或選別的。',
  'Give the adapter that the config was made with, or set start.hash to null.':
    '請提供製作設定時的適配器，或把 start.hash 設為 null。',
  'The run "{0}" that this one is to begin with is not in this browser.':
    '這次訓練要接續的訓練「{0}」不在這個瀏覽器裡。',
  'Choose another run to begin with, or begin with nothing.': '請選擇別的訓練，或從頭開始。',
  'The run "{0}" trained an adapter of another base model.': '訓練「{0}」的適配器屬於別的基礎模型。',
  'Choose the model that it was trained on, or another run to begin with.':
    '請選擇它所用的模型，或別的訓練。',
  'the run "{0}"': '訓練「{0}」',
  'the adapter "{0}"': '適配器「{0}」',
  'The adapter "{0}" that this run is to begin with was not given.':
    '沒有提供這次訓練要開始的適配器「{0}」。',
  'Give its files: on the command line with --start-from, on the page under "Begin with an adapter". Or begin with nothing.':
    '請提供它的檔案：在命令列上用 --start-from，在網頁上用「從檔案中的適配器開始」。或從頭開始。',
  'The adapter "{0}" was made for {1}, and does not fit {2}: {3}':
    '適配器「{0}」是為 {1} 製作的，不適合 {2}：{3~}',
  'Choose {0} as the model, or begin with nothing.': '請選擇 {0} 作為模型，或從頭開始。',
  'This run is to begin with the adapter of {0}, which has {1}; here it is {2}.':
    '這次訓練要從{0~}的適配器開始，它的 {1~}；這裡是 {2}。',
  'Set {0} to what that adapter has, or begin with nothing.': '請把 {0} 設成與那個適配器相同，或從頭開始。',
  'The examples that a model wrote for this run are not in this browser.':
    '模型為這次訓練寫的範例不在這個瀏覽器裡。',
  'Have them written again, or leave them out (data.augment.synthetic: null).':
    '請讓模型重新寫，或不使用（data.augment.synthetic: null）。',
  'Of {0} rows looked at: {1}': '在查看過的 {0} 列中：{1~}',
  '{0} examples cannot be asked for.': '不能要求 {0} 個範例。',
  'Choose from 1 to {0}.': '請選擇 1 到 {0}。',
  'There are too few examples with one question and one answer to show a model.':
    '一問一答的範例太少，不足以給模型看。',
  'Examples can be written for prompt-and-response data with at least two training rows.':
    '有問題和回答、而且至少兩個訓練列的資料，才能寫範例。',
  '{0} is a practice model: what it writes is poor.': '{0} 是練習用模型：寫出來的不好。',
  'Choose a real Gemma on the Model page, and have the examples written by it.':
    '請在模型頁選擇真正的 Gemma，讓它寫範例。',
  '{0} of {1} examples could be used; {2} were written.': '{1} 個範例中有 {0} 個可用；共寫了 {2} 個。',
  'The rest were unreadable, copies, or much alike. A larger model, or more examples to show it, gives more.':
    '其餘的無法讀取、是照抄的，或太相似。用較大的模型，或給它看更多範例，會得到更多。',

  'This run learns from {0}% of its training rows already (train_share).':
    '這次訓練已經只學 {0}% 的訓練列（train_share）。',
  'Set train_share to 1: the curve takes its shares of all of them.':
    '請把 train_share 設為 1：曲線會從全部的列取比例。',
  'No rows are held out: there is nothing to measure the runs on.': '沒有保留列：無法衡量各次訓練。',
  'Hold rows out (validation_share).': '請保留一些列（validation_share）。',
  'There are {0} training rows: a quarter of them is too few to learn from.':
    '有 {0} 個訓練列：四分之一太少，學不了。',
  'A curve needs {0} or more.': '曲線需要 {0} 列以上。',
  'No rows are held out: runs could not be ranked.': '沒有保留列：無法替訓練排名。',
  'The answers are no labels: how many are chosen right cannot be judged.':
    '回答不是標籤：無法判斷選對了多少。',
  'Rank by the held-out loss or by token accuracy.': '請以保留列的損失或詞元準確率排名。',
  'This queue goes on in another tab.': '這個佇列正在另一個分頁進行。',
  'The data': '資料',
  '{0} is not in this browser any more: the runs that wait cannot begin.':
    '{0~} 已不在這個瀏覽器裡：等待中的訓練無法開始。',
  'Open the same file again and set the queue up anew; the runs that are done are kept.':
    '請重新打開同一個檔案並重新設定佇列；已完成的訓練會保留。',
  '{0} was changed since this queue was made: further runs could not be held against those before.':
    '{0~} 在佇列建立之後已修改：之後的訓練無法與之前的比較。',
  'Take the changes back, or set the queue up anew.': '請復原修改，或重新設定佇列。',
  'other rows would be held out, and scores of other rows cannot be held against each other':
    '會保留別的列，而不同列的分數無法互相比較',
  'other tokens of the held-out rows would be measured': '會測量保留列的其他詞元',
  'seeds are given as seeds (--seeds): runs of one setting are then taken together':
    '種子要當作種子提供（--seeds）：同一設定的訓練會合在一起看',
  'it says which checkpoint is kept, and changes no run': '它只決定保留哪個檢查點，不改變訓練',
  'it is neither a number nor a menu': '它既不是數字也不是選單',
  'Several values of {0} cannot be tried: {1}.': '無法嘗試 {0} 的多個值：{1~}。',
  'The run config has no field "{0}" to try values of.': '設定沒有可嘗試的欄位「{0}」。',
  'Fields that can be tried: {0}.': '可以嘗試的欄位：{0}。',
  'No values of {0} are given.': '沒有提供 {0} 的值。',
  '{0} has one value only, {1}: it does not vary.': '{0} 只有一個值 {1}：沒有變化。',
  'Give two or more, with commas: {0}={1}.': '請提供兩個以上，以逗號分隔：{0}={1}。',
  '{0} has {1} twice.': '{0} 的 {1} 出現兩次。',
  'Give each value once; runs again are what seeds are for.': '每個值請只寫一次；重複訓練請用種子。',
  '"{0}" of {1} is no number.': '{1} 的「{0}」不是數字。',
  'Give numbers, with commas between.': '請提供數字，以逗號分隔。',
  '{0} is given twice.': '{0} 寫了兩次。',
  'Give all of its values at once.': '請一次寫出它的所有值。',
  'The seed {0} is given twice.': '種子 {0} 寫了兩次。',
  'The same seed gives the same run.': '相同的種子得到相同的訓練。',
  'One seed only: nothing varies.': '只有一個種子：沒有變化。',
  'Nothing varies: there would be one run only.': '沒有變化：只會有一次訓練。',
  'Choose a field and two or more values of it, or two or more seeds.':
    '請選擇一個欄位和兩個以上的值，或兩個以上的種子。',
  'That makes {0} runs; {1} are the most.': '這樣會有 {0} 次訓練；最多 {1} 次。',
  'Try fewer values, or fewer seeds.': '請嘗試較少的值或較少的種子。',
  'the run is {0} steps long (max_steps)': '訓練的長度是 {0} 步（max_steps）',
  'a constant learning rate has no warm-up': '固定的學習率沒有暖身',
  'no run stops early (early_stopping_patience)': '沒有訓練會提早停止（early_stopping_patience）',
  'its values give the same run': '它的各個值得到相同的訓練',
  '{0} changes nothing here: {1}.': '{0} 在這裡沒有作用：{1~}。',
  'Leave it out, or change what it hangs on.': '請不要使用，或改變它所依賴的設定。',
  'Seeds are whole numbers, with commas between.': '種子是整數，以逗號分隔。',
  'Runs take {0} MB of the {1} MB that they may, and this one needs about {2} MB.':
    '訓練可用的 {1} MB 已用 {0} MB，而這次大約需要 {2} MB。',
  'the commonest label': '最常見的標籤',
  'the nearest row': '最接近的列',
  calibration: '校準',
  'a temperature': '溫度',
  abstention: '不回答',
  accuracy: '準確率',
  'A score': '分數',
  'the form of the file': '它是檔案的格式',
  'a name; weights are known by their hash': '它是名稱；權重以雜湊值辨認',
  'held against the base model by itself': '它會自行與基礎模型比對',
  'a name; rows are known by their hash': '它是名稱；資料列以雜湊值辨認',
  'the token table is held against its own hash': '詞元表會與它自己的雜湊值比對',
  "part of the data set's hash": '它屬於資料集的雜湊值',
  'a limit on what is read changes no row of it': '讀取的上限不會改變任何一列',
  'the metric says it by itself': '由指標本身決定',
  'when a run ends changes no step before that': '訓練何時結束，不會改變之前的步',
  'as the patience': '與耐心值相同',
  'what is kept of a run changes no step of it': '保留什麼不會改變訓練的任何一步',
  'engines agree, and states move between them': '各引擎結果一致，狀態可在其間移動',
  'as the kind of engine': '與引擎的種類相同',
  'every policy gives the same bits': '每種方式都得到相同的位元',
  'decides about recomputation only': '只決定是否重新計算',
  'decides about memory and tiles; choices are recorded': '只決定記憶體和分塊；選擇會記錄下來',
  'those of the checkpoint are binding': '以檢查點的為準',
  'a name; the adapter is known by its hash': '它是名稱；適配器以雜湊值辨認',
  'as the run': '與訓練相同',
  'scaling (lora_alpha, use_rslora) {0}': '縮放（lora_alpha、use_rslora）是 {0}',
  '; and {0} more': '；另外還有 {0} 個',
  'is 1 evaluation': '有 1 次檢查',
  'are {0} evaluations': '有 {0} 次檢查',
  'early_stopping_patience is {0}, and there {1} after the first step: the run comes to its end before it could stop early. A smaller one, or a smaller eval_steps, would let it.':
    'early_stopping_patience 是 {0}，而第一步之後{1~}：訓練在可能提早停止之前就結束了。較小的值，或較小的 eval_steps，才會提早停止。',
  '{0} of {1}': '{1} 的 {0}',
  'No row of {0} can be put to this run.': '{0} 沒有一列可以問這次訓練。',
  'Choose another set.': '請選擇別的資料集。',
  'Its base model, {0}, is not in this browser.': '它的基礎模型 {0} 不在這個瀏覽器裡。',
  'Add it under Model: the same files, which are known by their SHA-256. Then score again.':
    '請在模型頁加入同樣的檔案（以 SHA-256 辨認），再重新評分。',
  'Row {0} asks nothing: it is not there, was left out, has no question, or asks what a row before it asks.':
    '第 {0} 列沒有問題可問：它不存在、被略去、沒有問題，或與前面某列的問題相同。',
  'Name another row with --sample-row.': '請以 --sample-row 指定另一列。',
  '{0} holds no state of the run that could be judged.': '{0} 沒有可評估的訓練狀態。',
  'Ask for it again: handed in from the lesson, or saved with its newest state.':
    '請對方再給一次：從課程繳交，或連同最新的狀態儲存。',
}
