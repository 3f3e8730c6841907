import type { SaidTexts } from '../../sayer.ts'

/** The Hub, other addresses, and what may be asked of them. */
export const hub: SaidTexts = {
  'The studio is sealed: it asks nothing of {0}.': '工作室處於封閉：不會向 {0} 要求任何東西。',
  'Take data and models from files, or switch sealed mode off in the menu “This app”.':
    '請從檔案取用資料和模型，或在選單「這個應用程式」關閉封閉模式。',
  'Nothing was asked of {0}: nobody has chosen anything there.':
    '沒有向 {0} 要求任何東西：沒有人選擇那裡的內容。',
  'Choose what is there once more.': '請再選擇一次那裡的內容。',
  '{0} led on to {1}, which nobody has chosen.': '{0} 轉到了沒有人選擇的 {1}。',
  '"{0}" is no address of a hub.': '「{0}」不是 Hub 的位址。',
  'Give https:// and its server, such as https://huggingface.co, without a password and without ? or #.':
    '請寫 https:// 和它的伺服器，例如 https://huggingface.co，不含密碼，也不含 ? 或 #。',
  'A page cannot ask {0} by http://: it reaches other machines by https:// alone.':
    '網頁不能以 http:// 向 {0} 要求：它只能以 https:// 連到其他機器。',
  'Give one that begins with https://, or of a server on this machine.':
    '請寫以 https:// 開頭的位址，或這台機器上伺服器的位址。',
  'Take them out of it. For the Hub, sign in with an access token instead.':
    '請把它們去掉。要使用 Hub，請改用存取權杖登入。',
  'This is the address of a ‹data set|space›, not of a model.': '這是‹0:資料集|Space›的網址，不是模型的。',
  'Open it under Data.': '請在資料頁打開。',
  'Paste the address of a model.': '請貼上模型的網址。',
  '{0} shows {1} of {2} there, which is a folder within it.': '{0} 在那裡顯示 {2} 的 {1}，那是其中的資料夾。',
  'A model is read from the top of its repository, or from one .gguf file: give {0}, or the address of the file. A branch with a slash in its name is given behind an @.':
    '模型從儲存庫的最上層讀取，或從一個 .gguf 檔案讀取：請寫 {0}，或檔案的網址。名稱含斜線的分支請寫在 @ 後面。',
  '{0}{1} is a page of the Hub, not of a model.': '{0}{1} 是 Hub 的頁面，不是模型的。',
  'Open a model there, and paste its address or its name, such as google/gemma-3-270m-it.':
    '請在那裡打開模型，貼上它的網址或名稱，例如 google/gemma-3-270m-it。',
  '{0} has no .gguf file of type {1}.': '{0} 沒有 {1} 類型的 .gguf 檔案。',
  'No model was named.': '沒有寫出模型。',
  '"{0}" names no model.': '「{0}」不是模型的名稱。',
  'Give a name on the Hugging Face Hub, such as google/gemma-3-270m-it, or an address that begins with https://.':
    '請寫 Hugging Face Hub 上的名稱，例如 google/gemma-3-270m-it，或以 https:// 開頭的網址。',
  '{0} was changed on its server: fetching it from the beginning': '{0~}在伺服器上被更動了：從頭取得',
  '{0} has {1} bytes at its server, but should have {2}.': '{0~}在伺服器上有 {1} 個位元組，但應有 {2} 個。',
  'Try again later, or take it from another place: this one gives another file.':
    '請稍後再試，或從別的地方取得：這裡給的是別的檔案。',
  '{0} was changed on its server while it was fetched, {1} times.':
    '{0~}在取得途中於伺服器上被更動了 {1} 次。',
  'The server asks to wait {0} s': '伺服器要求等待 {0} 秒',
  '{0} is not the file that it should be: its ‹SHA-256|hash› is another one.':
    '{0~}不是應有的檔案：它的‹0: SHA-256 |雜湊值›不同。',
  'What came of it was thrown away. Try again; if that fails too, something on the way changes it, or its server is damaged.':
    '取得的部分已丟棄。請再試一次；仍然失敗的話，就是途中有東西更動它，或它的伺服器損壞。',
  'The page of {0} on which one signs in cannot be reached.': '無法連到 {0} 的登入頁面。',
  'Check the connection and try again, or paste an access token.': '請檢查網路連線再試一次，或貼上存取權杖。',
  'Signing in at {0} did not come to its end.': '在 {0} 的登入沒有完成。',
  'Try again, or paste an access token.': '請再試一次，或貼上存取權杖。',
  'This is no access token: it is empty, or has spaces or other letters in it.':
    '這不是存取權杖：它是空的，或含有空白或其他字元。',
  '{0} does not accept this token.': '{0} 不接受這個權杖。',
  'Make one that may read at {0}/settings/tokens, and paste it whole.':
    '請在 {0}/settings/tokens 建立可讀取的權杖，並完整貼上。',
  '{0} is an adapter of {1}, not a model: it holds only what was learnt on top of one.':
    '{0} 是 {1} 的適配器，不是模型：其中只有在模型上另外學到的部分。',
  '{0} is an adapter, not a model: it holds only what was learnt on top of one.':
    '{0} 是適配器，不是模型：其中只有在模型上另外學到的部分。',
  'Choose the model that it was made for, then begin with this adapter (on the command line: --start-from).':
    '請選擇它所屬的模型，再從這個適配器開始（在命令列上：--start-from）。',
  '{0} has neither *.safetensors nor .gguf files.': '{0} 既沒有 *.safetensors 也沒有 .gguf 檔案。',
  'Its weights are of another format. Look for a copy of the same model with safetensors files.':
    '它的權重是別的格式。請找同一個模型含 safetensors 檔案的副本。',
  '{0} has no file {1}.': '{0} 沒有檔案 {1}。',
  'The model is split into {0} files, and {1} has no {2}.': '模型分成 {0} 個檔案，而 {1} 沒有 {2}。',
  'It is not whole there. Choose another file or another copy.': '它在那裡不完整。請選擇別的檔案或別的副本。',
  'It is not whole there, or is no language model. Choose another copy of the model.':
    '它在那裡不完整，或不是語言模型。請選擇模型的別的副本。',
  'It is not whole there. Choose another copy of the model.': '它在那裡不完整。請選擇模型的別的副本。',
  'Look for its name on its page.': '請在它的頁面上查看名稱。',
  'It is a model, not an adapter: choose it as the model instead.':
    '它是模型，不是適配器：請改選它作為模型。',
  "Name a repository with an adapter in PEFT's layout: adapter_config.json and adapter_model.safetensors.":
    '請寫出含 PEFT 格式適配器的儲存庫：adapter_config.json 和 adapter_model.safetensors。',
  'Paste the address of a folder with both config.json and the weights.':
    '請貼上同時有 config.json 和權重的資料夾網址。',
  '{0}: its server does not say how long the file is.': '{0~}：它的伺服器沒有說明檔案有多長。',
  '{0} is being downloaded already, here or in another tab.': '{0} 已在下載中，在這裡或另一個分頁。',
  'Wait for it, or pause it there.': '請等它完成，或在那裡暫停。',
  '"{0}" is no name of a repository.': '「{0}」不是儲存庫的名稱。',
  'Give OWNER/NAME, such as your-account/my-gemma.': '請寫 OWNER/NAME，例如 your-account/my-gemma。',
  '{0} is there already on {1}, with {2} ‹file|files›.': '{1} 上已經有 {0}，含 {2} 個檔案。',
  'Choose another name: what is there is never written over.': '請選擇別的名稱：已有的內容絕不覆寫。',
  '{0} is there already on {1}, empty, and ‹private|public›.':
    '{1} 上已經有 {0}，是空的，而且是‹0:私人|公開›的。',
  'Choose another name, or push it as ‹private|public›.': '請選擇別的名稱，或以‹0:私人|公開›上傳。',
  '{0} cannot be reached from here. Nothing was sent.': '無法從這裡連到 {0}。什麼都沒有傳送。',
  'Try again later, or take the files and upload them there.': '請稍後再試，或取得檔案後在那裡上傳。',
  'Make one that may write at {0}/settings/tokens, and paste it whole.':
    '請在 {0}/settings/tokens 建立可寫入的權杖，並完整貼上。',
  'This token may not write to {0} on {1}.': '這個權杖不能寫入 {1} 上的 {0}。',
  '{0} takes tokens that begin with hf_; this one does not.': '{0} 的權杖以 hf_ 開頭；這個不是。',
  '{0} answered with status {1} while {2} was being pushed.': '上傳 {2} 時，{0} 回應狀態 {1}。',
  'The connection to {0} broke while {1} was being pushed.': '上傳 {1} 時，與 {0} 的連線中斷。',
  'Look at {0}: it has all files or none. Where none, push again.':
    '請查看 {0}：它有全部的檔案，或一個也沒有。沒有的話，請重新上傳。',
  'Nothing of it is to be seen there yet. Push again: large files that had come are not sent twice.':
    '那裡還看不到任何東西。請重新上傳：已經傳到的大檔案不會再傳一次。',
  '{0} asks for an access token that may write.': '{0} 要求可寫入的存取權杖。',
  'Make one at {0}/settings/tokens.': '請在 {0}/settings/tokens 建立。',
  '{0} does not accept this token for {1} (status {2}).': '{0} 不接受這個權杖用於 {1}（狀態 {2}）。',
  'Check the name, that the token is not expired, and that it may read this; or sign out, where the model is for everyone.':
    '請檢查名稱、權杖是否過期、是否可讀取；如果模型是公開的，也可以登出。',
  ', or no revision {0} of it': '，或沒有它的版本 {0}',
  '{0} has no model {1}{2}‹|, or it is private›.': '{0} 沒有模型 {1}{2~}‹0:|，或它是私人的›。',
  'Check the name. A private one is shown only to tokens that may read it.':
    '請檢查名稱。私人的只給可讀取的權杖看。',
  'Check the name. For a private one, sign in with a token that may read it.':
    '請檢查名稱。私人的請用可讀取的權杖登入。',
  'its licence ({0})': '它的授權（{0}）',
  'its terms': '它的條款',
  'Check that the token is not expired and may read this.': '請確認權杖沒有過期，而且可以讀取。',
  'Sign in with a token that may read it.': '請用可讀取的權杖登入。',
  "{0} is given only to accounts that have accepted {1}; this token's has not, or may not read it.":
    '{0} 只提供給接受了{1~}的帳號；這個權杖的帳號還沒有接受，或不能讀取。',
  '{0} is given only to accounts that have accepted {1}.': '{0} 只提供給接受了{1~}的帳號。',
  'Accept it at {0}; the token must be allowed to read gated repositories. Then try again.':
    '請在 {0} 接受；權杖必須能讀取需申請的儲存庫。然後再試一次。',
  'Accept it at {0}, then sign in with a token of that account; or take a copy that needs no account.':
    '請在 {0} 接受，再用那個帳號的權杖登入；或取用不需要帳號的副本。',
  'model.safetensors.index.json of {0} names {1}, which is not there.':
    '{0} 的 model.safetensors.index.json 列出了 {1}，但它不在。',
  'There is neither model.safetensors nor model.safetensors.index.json at {0}.':
    '{0} 既沒有 model.safetensors 也沒有 model.safetensors.index.json。',
  'Choose a name of your own account, or: Make one that may write at {0}/settings/tokens, and paste it whole.':
    '請選擇您自己帳號的名稱，或：在 {0}/settings/tokens 建立可寫入的權杖，並完整貼上。',
}
