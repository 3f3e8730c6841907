import type { SaidTexts } from '../../sayer.ts'

/** What is stored, packed, exported and taken away, and the page's own parts. */
export const keeping: SaidTexts = {
  'Stopped.': '已停止。',
  'Start again when ready.': '準備好時請重新開始。',
  'The browser has no room left to store this.': '瀏覽器已沒有空間儲存這個。',
  'Delete a model or a run that is no longer needed, or free disk space, then try again.':
    '請刪除不再需要的模型或訓練，或釋出磁碟空間，再試一次。',
  'A part of this page, which is loaded on first use, did not come.':
    '這個網頁有一部分在第一次使用時載入，但沒有取得。',
  'Where the page comes from does not answer, or has another version of it by now. Try again; if that fails too, reload the page: your runs are kept.':
    '網頁的來源沒有回應，或已經是別的版本。請再試一次；仍然失敗的話，請重新載入網頁：您的訓練會保留。',
  'Something unexpected went wrong.': '發生了預料之外的錯誤。',
  'This is a fault of ours. Reload the page; your runs are kept. Please report it with the text above.':
    '這是我們的錯誤。請重新載入網頁，您的訓練會保留。請連同上面的文字回報。',
  'What the studio had stored in this browser was deleted while this page was open.':
    '網頁打開時，工作室儲存在這個瀏覽器裡的內容被刪除了。',
  'A run that is going on trains on, and is stored again with its next checkpoint. Add data and models again.':
    '進行中的訓練會繼續，並在下一個檢查點重新儲存。請重新加入資料和模型。',
  "The browser closed the studio's storage while this page was open; its site data may have been cleared.":
    '網頁打開時，瀏覽器關閉了工作室的儲存空間；網站資料可能被清除了。',
  'A run that is going on trains on, and is stored again with its next checkpoint. See what is still here.':
    '進行中的訓練會繼續，並在下一個檢查點重新儲存。請看看還有什麼在這裡。',
  'A newer version of the studio was opened in another tab; this page can no longer store anything.':
    '另一個分頁打開了較新版本的工作室；這個網頁已無法儲存任何東西。',
  'Reload this page once no run is going on in it. What was stored before is kept.':
    '沒有訓練在進行時，請重新載入這個網頁。先前儲存的會保留。',
  'This browser lets the studio store nothing: its site data is blocked, or its storage is broken.':
    '這個瀏覽器不讓工作室儲存任何東西：網站資料被封鎖，或儲存空間損壞。',
  'Data, models and runs are kept in this browser alone, so none can be opened or trained until it may store them. Allow site data (cookies) for this address in the settings of the browser, or leave its private window, then try again.':
    '資料、模型和訓練只保存在這個瀏覽器裡，所以在它能儲存之前，無法打開或訓練。請在瀏覽器設定中允許這個網址的網站資料（cookie），或離開無痕視窗，再試一次。',
  'An older version of the studio is open in another tab, and holds what is stored.':
    '另一個分頁打開了較舊版本的工作室，並占用儲存的內容。',
  "Close the studio's other tabs, then try again.": '請關閉工作室的其他分頁，再試一次。',
  'A newer version of the studio has been used in this browser; this one cannot read what it stored.':
    '這個瀏覽器用過較新版本的工作室；這個版本無法讀取它儲存的內容。',
  'Reload this page to get the newer version. What is stored is kept.':
    '請重新載入網頁以取得較新版本。儲存的內容會保留。',
  'A stored value was cleared away while it was being written.': '有一項內容在寫入途中被清除了。',
  'The computer may have slept for long in the middle of it. Try again.':
    '電腦可能在途中睡眠很久。請再試一次。',
  "Part of {0} is no longer in this browser's storage.": '{0~}有一部分已不在這個瀏覽器的儲存空間裡。',
  'The browser or another tab has cleared it: add it again, and it is mended in its place.':
    '瀏覽器或另一個分頁清除了它。請重新加入，便會在原處修復。',
  'the tokenizer of {0}': '{0} 的 tokenizer',
  'Storing the tokenised data': '儲存切分好的資料',
  'the tokenised data': '切分好的資料',
  'Saving a checkpoint': '正在儲存檢查點',
  'Part of {0} was removed while it was being added.': '{0} 在加入途中有一部分被移除了。',
  'Add it again.': '請重新加入。',
  'The run {0} was opened in another tab meanwhile.': '訓練 {0} 這時已在另一個分頁打開。',
  'Choose it in the list.': '請在清單中選擇它。',
  'Storing {0}': '正在儲存 {0}',
  'Checking that {0} is whole': '正在檢查 {0} 是否完整',
  'Looking whether {0} is here already': '正在查看 {0} 是否已經在這裡',
  'Checking {0}': '正在檢查 {0}',
  'Fetching {0}': '正在取得 {0}',
  '‹Reading|Sending› {0}': '正在‹0:讀取|傳送› {0}',
  'The data set was changed elsewhere meanwhile.': '資料集這時已在別處修改。',
  'Look at it again, then repeat the change.': '請再看一次，然後重做修改。',
  '"{0}" does not say what rows of {1} are for: they are held out like test rows, and not learnt from.':
    '「{0}」沒有指明 {1} 的列的用途：它們像測試列那樣保留，不拿來學習。',
  'Where they are meant to be learnt from, let them be trained on.': '如果應該拿來學習，請讓它們用於訓練。',
  'Train on these rows, too': '也用這些列訓練',
  'There is no sample data set "{0}".': '沒有範例資料集「{0}」。',
  'A data set needs a column.': '資料集至少要有一欄。',
  'Name at least one, such as "prompt".': '請至少寫出一欄，例如「prompt」。',
  'Column {0} has no name.': '第 {0} 欄沒有名稱。',
  'There are two columns "{0}".': '有兩欄都叫「{0}」。',
  'Give each column a name of its own.': '請替每一欄取不同的名稱。',
  'Row {0} has {1} cells, but there are {2} columns.': '第 {0} 列有 {1} 個儲存格，但只有 {2} 欄。',
  'Name the further columns, or leave these cells out.': '請替多出的欄取名稱，或去掉這些儲存格。',

  'A part of the studio that is not here yet cannot be fetched: this device is offline.':
    '工作室有一部分還不在這裡，也無法取得：這部裝置沒有連上網路。',
  'The {0} worker did not start: {1}': '工作執行緒 {0} 沒有啟動：{1~}',
  'it was not heard of within {0} s': '{0} 秒內沒有回應',
  'its script did not load': '它的程式沒有載入',
  'This part of the studio could not be loaded. Try again, or reload the page. An extension that blocks scripts, or a host on which a file is missing, does this too.':
    '工作室的這個部分無法載入。請再試一次，或重新載入網頁。封鎖程式的擴充功能，或主機上缺少檔案，也會這樣。',
  'The {0} worker stopped working‹: {1}|.›': '工作執行緒 {0} 停止運作‹0:：{1~}|。›',
  'What was stored is kept: a run goes on from its last checkpoint. Try again, or reload the page.':
    '儲存的內容會保留：訓練會從最後的檢查點繼續。請再試一次，或重新載入網頁。',

  'There is no room left where {0} was to go.': '{0} 要存放的地方已沒有空間。',
  'Nothing of it was kept. Free space there or choose another place, and download again.':
    '沒有留下任何部分。請在那裡釋出空間或選擇別的地方，再重新下載。',
  'The browser may not write {0} any more: its permission was withdrawn.':
    '瀏覽器不能再寫入 {0}：權限已被收回。',
  'Nothing of it was kept. Download again, and allow the page to save the file when asked.':
    '沒有留下任何部分。請重新下載，並在詢問時允許網頁儲存檔案。',
  'The place that was chosen for {0} is not there any more.': '為 {0} 選擇的地方已經不在。',
  'The folder was moved or removed, or the disk was taken out. Download again, and choose another place.':
    '資料夾被移動或移除，或磁碟被取出。請重新下載，並選擇別的地方。',
  'Nothing of it was kept. Another program may have the file open: download again, under another name or in another place.':
    '沒有留下任何部分。可能有別的程式打開了檔案：請以別的名稱或在別的地方重新下載。',
  'The browser found no room to make {0}.': '瀏覽器沒有空間製作 {0~}。',
  'Free space on this machine’s disk, or choose a smaller format, and download again. Your runs are kept.':
    '請在這台電腦的磁碟釋出空間，或選擇較小的格式，再重新下載。您的訓練會保留。',

  '{0} is no class pack.': '{0} 不是課程包。',
  'Choose a file that ends in .lapidary-pack.zip.': '請選擇以 .lapidary-pack.zip 結尾的檔案。',
  '{0} is not opened in another studio: it is one itself.': '{0} 不在別的工作室裡打開：它本身就是工作室。',
  'Open it in a browser by itself, as by a double click.': '請直接在瀏覽器裡打開，例如按兩下。',
  'Model and data have {0} MB; one HTML file takes at most {1} MB of them.':
    '模型和資料有 {0} MB；一個 HTML 檔案最多放 {1} MB。',
  'Take the practice model and less data, or make a pack as a ZIP.':
    '請用練習模型和較少的資料，或做成 ZIP 課程包。',
  '{0} has {1} bytes; a lesson has at most {2}.': '{0} 有 {1} 個位元組；課程最多 {2} 個。',
  'No row of {0} can be put to this run.': '{0} 沒有一列可以問這個訓練。',
  'Choose another set.': '請選擇別的資料列。',
  'Its base model, {0}, is not in this browser.': '它的基礎模型 {0} 不在這個瀏覽器裡。',
  'Add it under Model: the same files, which are known by their SHA-256. Then score again.':
    '請在模型頁加入同樣的檔案（以 SHA-256 辨認），再評分一次。',
  '{0} holds no state of the run that could be judged.': '{0} 沒有可以評分的訓練狀態。',
  'Ask for it again: handed in from the lesson, or saved with its newest state.':
    '請對方再給一次：從課程繳交，或連同最新的狀態儲存。',
  'its list has {0} bytes, of at most {1}': '清單有 {0} 個位元組，最多 {1} 個',
  'it holds {0}, which its list does not name': '含有清單沒有列出的 {0}',
  'it holds {0} twice': '含有 {0} 兩次',
  '{0} has {1} bytes, and {2} are listed': '{0} 有 {1} 個位元組，清單列的是 {2} 個',
  '{0} was packed anew: in a class pack {1} is stored as it is.':
    '{0} 被重新壓縮過：課程包裡的 {1} 是不壓縮存放的。',
  'Open the file as it was given out, or put the unpacked folder on a web server.':
    '請打開當初發出的檔案，或把解開的資料夾放上網頁伺服器。',
  '{0} is missing': '缺少 {0}',
  'its list has {0} bytes': '清單有 {0} 個位元組',
  '{0} does not have the hash that is listed': '{0} 的雜湊值與清單不同',
  '{0} was cut off or altered: {1}.': '{0} 被截斷或更動了：{1~}。',
  'Copy it again from where it came from, or ask for it again. Nothing of it was stored.':
    '請從原來的地方重新複製，或請對方再給一次。沒有儲存其中任何內容。',
  'The pack has no title, or one that is too long.': '課程包沒有標題，或標題太長。',
  'Give it a title of a few words.': '請取一個簡短的標題。',
  'The lesson has {0} bytes, of at most {1}.': '課程有 {0} 個位元組，最多 {1} 個。',
  'Shorten it, or make two packs of it.': '請縮短它，或分成兩個課程包。',
  '{0} was made by a newer version of the studio (its format is version {1}).':
    '{0} 由較新版本的工作室製作（格式是第 {1} 版）。',
  'Open it in that studio, or ask for a pack that this one reads.':
    '請在那個工作室打開，或請對方提供這個版本能讀的課程包。',
  '"{0}" is wrong: {1}': '「{0}」有誤：{1~}',
  'it names {0} twice': '{0} 列了兩次',
  'it names {0}, which it does not list': '提到了 {0}，但沒有列出',
  'it names a model and holds none': '提到了模型，但沒有附上',
  'its lesson has {0} bytes, of at most {1}': '課程有 {0} 個位元組，最多 {1} 個',
  'its settings are wrong: {0}': '設定有誤：{0~}',
  '{0} is a damaged class pack: {1}.': '{0} 是損毀的課程包：{1~}。',
  'It was altered after it was made; ask for it again.': '它在製作之後被更動了；請對方再給一次。',
  'This studio’s own files cannot be fetched.': '無法取得這個工作室自己的檔案。',
  'Go online, load the page anew and try again, or leave the studio out of the pack. While it is developed a studio has no such list; npm run build makes it.':
    '請連上網路、重新載入網頁再試，或不要把工作室放進課程包。開發中的工作室沒有這份清單；npm run build 會產生。',
  'This studio’s chat page cannot be fetched.': '無法取得這個工作室的聊天網頁。',
  'Go online and try again. A studio that you build yourself has it after npm run build, not while it is developed.':
    '請連上網路再試。自己建置的工作室在 npm run build 之後才有，開發途中沒有。',
  'This page stores nothing.': '這個網頁不儲存任何東西。',
  'base/{0} has {1} bytes, and should have {2}.': 'base/{0} 有 {1} 個位元組，應有 {2} 個。',
  '{0} did not come.': '沒有取得 {0}。',
  'Put the whole folder on the server, as it was downloaded, and load this page anew.':
    '請把整個資料夾照下載的樣子放上伺服器，再重新載入這個網頁。',

  '{0} is a run file of version {1}; this Lapidary reads version {2}.':
    '{0} 是第 {1} 版的訓練檔；這個 Lapidary 讀取第 {2} 版。',
  'Open it with the Lapidary that wrote it, or with a newer one.': '請用寫它的 Lapidary 或較新的版本打開。',
  '{0} is not the file of a run.': '{0} 不是訓練檔。',
  'Choose a file that "Save this run" or npm run export -- --format run has written (its name ends in .lapidary-run.zip).':
    '請選擇由「儲存這次訓練」或 npm run export -- --format run 寫出的檔案（名稱以 .lapidary-run.zip 結尾）。',
  '{0} cannot be read: "{1}" of its {2} is not what it must be.':
    '無法讀取 {0}：其中 {2~} 的「{1~}」不是應有的內容。',
  'The file was changed after it was written, or was not written by Lapidary. Save the run again.':
    '檔案在寫出之後被更動，或不是 Lapidary 寫的。請重新儲存訓練。',
  'its entry "{0}" would leave the folder that it is unpacked to': '項目「{0}」會離開解開的資料夾',
  'its entry "{0}" is there twice': '項目「{0}」出現兩次',
  'it claims to hold {0} bytes and has {1}': '它說有 {0} 個位元組，實際有 {1} 個',
  'its list names "{0}", which would leave the folder that it is unpacked to':
    '清單列出「{0}」，它會離開解開的資料夾',
  '"{0}", which its list names, is missing': '清單列出的「{0}」不在',
  'its list names something twice': '清單有項目列了兩次',
  'its list does not name "{0}"': '清單沒有列出「{0}」',
  '"{0}" has {1} bytes, and {2} when it was written': '「{0}」有 {1} 個位元組，寫出時有 {2} 個',
  '"{0}" is not what was written, by its SHA-256': '依 SHA-256，「{0}」不是當初寫出的內容',
  'its log and its checkpoint of step {0} do not belong together': '紀錄和第 {0} 步的檢查點不相符',
  '"{0}" is missing': '缺少「{0}」',
  '"{0}" is too large to be what it is called': '「{0}」太大，不可能是名稱所說的內容',
  '"{0}" is no text': '「{0}」不是文字',
  '"{0}" is no JSON': '「{0}」不是 JSON',
  '{0} cannot be opened: {1}.': '無法打開 {0}：{1~}。',
  'It was cut off, changed after it was written, or not written by Lapidary. Fetch it again, or save the run again. Nothing was stored.':
    '它被截斷、在寫出之後被更動，或不是 Lapidary 寫的。請重新取得，或重新儲存訓練。沒有儲存任何內容。',
  'is not JSON: {0}': '不是 JSON：{0~}',
  'there is nothing in it': '其中沒有內容',
  'holds no object ({...}), as a config does': '其中沒有設定應有的物件（{...}）',
  'says "{0}" twice': '「{0}」寫了兩次',
  'is not {0} text': '不是 {0} 文字',
  'Choose the run.json of a run, or correct the file.': '請選擇一次訓練的 run.json，或改正檔案。',

  'There is no pair to train on.': '沒有可訓練的配對。',
  'Prepare rows with a prompt and a response.': '請準備有問題和回答的資料列。',
  'The conversations have functions in them (tools), which a table of fixed types has no place for.':
    '對話中有函式（tools），型別固定的表格放不下。',
  'Take JSON lines or CSV.': '請改用 JSON lines 或 CSV。',
  'Tensor {0} is stored as {1}, which is not written.': '張量 {0} 以 {1} 儲存，無法寫出。',
  'Export the adapter.': '請匯出適配器。',
  'The adapter holds no tensor {0} [{1}].': '適配器沒有張量 {0} [{1}]。',
  'Export another checkpoint.': '請匯出別的檢查點。',
  '{0} holds {1}, which is more than f16 has.': '{0} 含有 {1}，超過 f16 的範圍。',
  'Export in bf16 or f32.': '請以 bf16 或 f32 匯出。',
  '"{0}" is no format of export.': '「{0}」不是匯出格式。',
  'Choose from: {0}.': '可選擇：{0}。',
  'it began with the adapter of another one': '它從另一次訓練的適配器開始',
  'its rows were written as kauldron does': '它的列以 kauldron 的方式寫成',
  'answers of its rows were put right by hand': '它的列有經人工改正的回答',
  'This run cannot be repeated by the training script: {0}.': '訓練程式無法重做這次訓練：{0~}。',
  'Export the adapter or the merged model.': '請匯出適配器或合併的模型。',

  'Chat page': '聊天網頁',
  'One folder of plain files for any web server: a page that answers in the browser of whoever opens it, offline too, with the base model beside the tuned one. The base model is in it.':
    '一個純檔案的資料夾，可放上任何網頁伺服器：在打開者的瀏覽器裡回答，離線也行，基礎模型和微調後的模型並排。其中包含基礎模型。',
  Checkpoint: '檢查點',
  'Adapter and optimizer as they were at that step: the command line goes on from it with --resume.':
    '那一步的適配器和最佳化器：命令列以 --resume 從它繼續。',
  'The whole model in one file, in float16, for machines that are slow in bfloat16.':
    '一個檔案包含整個模型，以 float16 儲存，供 bfloat16 較慢的電腦使用。',
  'The whole model in one file, in float32: twice as large, and nothing is rounded.':
    '一個檔案包含整個模型，以 float32 儲存：大一倍，沒有任何捨入。',
  'Adapter (GGUF)': '適配器（GGUF）',
  'The weights that were learnt, for llama.cpp (--lora) and Ollama (ADAPTER) with a GGUF of the same base model.':
    '學到的權重，供 llama.cpp（--lora）和 Ollama（ADAPTER）與同一個基礎模型的 GGUF 一起使用。',
  'The whole model in one file, in 4 bits (the words’ own matrix in 8): the smallest, and answers may differ from those seen here.':
    '一個檔案包含整個模型，4 位元（詞表的矩陣為 8 位元）：最小，回答可能與這裡看到的不同。',
  'The whole model in one file, in 8 bits: half the size of 16 bits, and hardly any loss.':
    '一個檔案包含整個模型，8 位元：大小是 16 位元的一半，幾乎沒有損失。',
  'The whole model in one file with tokenizer and chat template, for llama.cpp, LM Studio and Ollama, whose Modelfile lies beside it.':
    '一個檔案包含整個模型、tokenizer 和對話範本，供 llama.cpp、LM Studio 和 Ollama 使用；旁邊附有 Ollama 的 Modelfile。',
  'Merged model (Keras, HDF5)': '合併的模型（Keras，HDF5）',
  'The whole model with what was learnt in its weights, in float32, as KerasHub loads it: keras_hub.models.Backbone.from_preset(FOLDER). A model that KerasHub would compute otherwise, such as the practice model, is one HDF5 file of its tensors under their own names.':
    '整個模型，學到的已在權重裡，以 float32 儲存，供 KerasHub 載入：keras_hub.models.Backbone.from_preset(FOLDER)。KerasHub 計算方式不同的模型（例如練習用模型）是一個 HDF5 檔案，以張量原來的名稱存放。',
  'Adapter (HDF5)': '適配器（HDF5）',
  'The weights that were learnt as one HDF5 file: a data set of float32 each under PEFT’s name, and PEFT’s adapter_config.json as the file’s attribute of that name.':
    '學到的權重，成為一個 HDF5 檔案：各是 PEFT 名稱下的 float32 資料集，PEFT 的 adapter_config.json 是同名的檔案屬性。',
  'The whole model in float16, for machines that do not know bfloat16.':
    '整個模型，以 float16 儲存，供不支援 bfloat16 的電腦使用。',
  'The whole model in float32: twice as large, and nothing is rounded.':
    '整個模型，以 float32 儲存：大一倍，沒有任何捨入。',
  'The whole model with what was learnt in its weights, in bfloat16, as Transformers, vLLM and others load it; needs no adapter beside it.':
    '整個模型，學到的已在權重裡，以 bfloat16 儲存，供 Transformers、vLLM 等載入；旁邊不需要適配器。',
  'Merged model': '合併的模型',
  'Merged model, {0}': '合併的模型，{0}',
  'Adapter (MLX)': '適配器（MLX）',
  'The weights that were learnt, for mlx-lm on a Mac: mlx_lm.generate --model BASE --adapter-path FOLDER.':
    '學到的權重，供 Mac 上的 mlx-lm 使用：mlx_lm.generate --model BASE --adapter-path FOLDER。',
  'Adapter (PEFT)': '適配器（PEFT）',
  'The weights that were learnt, for PEFT; README.md has the lines that load them, chat_template.jinja is the form that it was trained in. A base model that is not on the Hugging Face Hub lies beside them.':
    '學到的權重，供 PEFT 使用；README.md 有載入的程式碼，chat_template.jinja 是訓練時的格式。不在 Hugging Face Hub 上的基礎模型會附在旁邊。',
  'Merged model (PyTorch)': '合併的模型（PyTorch）',
  'The whole model with what was learnt in its weights, as one state dict in bfloat16: torch.load("model.pt", weights_only=True).':
    '整個模型，學到的已在權重裡，成為一個 bfloat16 的 state dict：torch.load("model.pt", weights_only=True)。',
  'Adapter (PyTorch)': '適配器（PyTorch）',
  'The weights that were learnt as one state dict under PEFT’s names: torch.load("adapter.pt", weights_only=True).':
    '學到的權重，成為一個使用 PEFT 名稱的 state dict：torch.load("adapter.pt", weights_only=True)。',
  'REST service': 'REST 服務',
  'A folder that answers as OpenAI’s API does, with the adapter in it: FastAPI on Transformers and PEFT, and a Dockerfile.':
    '一個資料夾，像 OpenAI 的 API 那樣回答，其中附有適配器：以 Transformers 和 PEFT 運作的 FastAPI，以及 Dockerfile。',
  'Training script and notebook': '訓練程式與筆記本',
  'The same run again in Python, with TRL and PEFT: train.py and a notebook, with the run’s settings and losses. The data are not part of it.':
    '用 Python 的 TRL 和 PEFT 重做同樣的訓練：train.py 和筆記本，附有訓練的設定和損失。不包含資料。',
  'Hugging Face Space': 'Hugging Face Space',
  'A page to talk to the tuned model, with the adapter in it: a folder for a Space of the Hub, on Gradio.':
    '可與微調後的模型對話的網頁，其中附有適配器：供 Hub 的 Space 使用的資料夾，以 Gradio 運作。',
  '{0} needs {1} MB, but the browser has room for {2} MB more.':
    '{0~}：需要 {1} MB，但瀏覽器只剩 {2} MB 的空間。',
  '{0} needs more room than the browser has left.': '{0~}：所需空間超過瀏覽器所剩的。',
  '{0} could not be written{1}.': '無法寫入 {0}{1}。',
  'its data lie outside data/': '資料在 data/ 之外',
  'Downloading {0}': '下載 {0}',
  'Fetching Pebble': '正在取得 Pebble',
  'proof.json holds no answer: nothing can be told by it.': 'proof.json 沒有回答：無法從它看出任何事。',
  'Export the run again.': '請重新匯出訓練。',
}
