import type { SaidTexts } from '../../sayer.ts'

/** Files of data: text formats, archives, what cannot be read at all, and fetching. */
export const files: SaidTexts = {
  'If the names stand in another line, say in which: the header row.':
    '如果欄名在別的行，請指明是哪一行（欄名所在的列）。',
  'The names are in line {0}': '欄名在第 {0} 行',
  'Quotes in this file do not pair up as in CSV, so they were read as characters like others.':
    '這個檔案裡的引號不像 CSV 那樣成對，所以當作一般字元讀取。',
  'If they enclose fields, choose quotes as in CSV; the first that is not closed is then named.':
    '如果引號是用來圍住欄位，請選擇依 CSV 規則；那時會指出第一個沒有結束的引號。',
  'Read quotes as in CSV': '引號依 CSV 規則讀取',
  'Blanks behind delimiters were left out, since quotes follow them.':
    '分隔符號後的空白已略過，因為後面是引號。',
  'If they belong to the fields, choose to keep blanks behind delimiters.':
    '如果空白屬於欄位，請選擇保留分隔符號後的空白。',
  'Keep blanks behind delimiters': '保留分隔符號後的空白',
  'Every field but the first of a row begins with a blank.': '每列除了第一個欄位，其他欄位都以空白開頭。',
  'To leave these out, choose to skip blanks behind delimiters.':
    '要略過這些空白，請選擇略過分隔符號後的空白。',
  'Leave these blanks out': '略過這些空白',
  'The first row looks like data, but was read as the names of the columns: "{0}".':
    '第一列看來是資料，但當作欄名讀取：「{0}」。',
  'If there are no names, choose 0 as the header row, so that this row is learnt from, too.':
    '如果沒有欄名，請把欄名所在的列設為 0，這一列就也會拿來學習。',
  'There are no names: take it as a row': '沒有欄名：當作資料列',
  'Choose a file with a header line and rows.': '請選擇有標題行和資料列的檔案。',
  '{0} has a header line but no rows.': '{0} 有標題行，但沒有資料列。',
  'Add rows below the column names.': '請在欄名下面加入資料列。',
  'Row {0} of {1} (line {2}) has {3} ‹field|fields›, the header {4}.':
    '{1} 的第 {0} 列（第 {2} 行）有 {3} 個欄位，標題有 {4} 個。',
  'Put fields that contain the delimiter, quotes or line breaks in double quotes.':
    '含有分隔符號、引號或換行的欄位，請用雙引號圍住。',
  'Line {0} of {1} has more than {2} MB.': '{1} 的第 {0} 行超過 {2} MB。',
  'It is no table of lines; if it is text, cut it into paragraphs.':
    '它不是一行一列的表格；如果是文字，請分成段落。',
  'Row {0} of {1} (line {2}) has a quoted field that does not end properly.':
    '{1} 的第 {0} 列（第 {2} 行）有一個引號欄位沒有正確結束。',
  'The header of {0} has a quoted field that does not end properly.':
    '{0} 的標題有一個引號欄位沒有正確結束。',
  'Close every quote, and write a quote inside a quoted field twice (""). If quotes are characters like others in this file, choose to read them as they are.':
    '每個引號都要結束；引號欄位裡的引號請寫兩次（""）。如果這個檔案的引號只是一般字元，請選擇照原樣讀取。',
  '{0} has two columns named "{1}".': '{0} 有兩欄都叫「{1~}」。',
  'Rename one of them; if its first line holds no names, choose 0 as the header row.':
    '請替其中一欄改名；如果第一行不是欄名，請把欄名所在的列設為 0。',

  'Row {0} of "{1}" in {2} has {3} ‹value|values›, but "{4}" names {5} ‹column|columns›.':
    '{2} 中「{1}」的第 {0} 列有 {3} 個值，但「{4}」指明 {5} 欄。',
  'Export the file again, or correct it there.': '請重新匯出檔案，或在那裡改正。',
  '"{0}" in {1} names the column "{2}" twice.': '{1} 中的「{0}」把「{2}」欄寫了兩次。',
  'Give each column a name of its own: one of them would be lost.':
    '請替每一欄取不同的名稱：否則其中一欄會遺失。',
  'cut-off cells in {0} ‹row|rows›': '{0} 列有截斷的儲存格',
  '{0} is an excerpt from a data set of the Hugging Face Hub: {1}.':
    '{0} 是 Hugging Face Hub 上一個資料集的節錄：{1~}。',
  'Open the data set itself, by its name on the Hub, to have all of it.':
    '要全部的資料，請以它在 Hub 上的名稱打開資料集本身。',
  '{0} has {1} lists, which were put together: {2}. The column "{3}" says which a row is from.':
    '{0} 有 {1} 個清單，已合在一起：{2~}。「{3~}」欄指明每列來自哪一個。',
  '"{0}" ({1} ‹row|rows›)': '「{0}」（{1} 列）',
  '{0} ({1} ‹row|rows›)': '{0}（{1} 列）',
  'Choose it as the split, so that what is meant for testing is not learnt.':
    '請選它作為分割依據，讓供測試的內容不會拿來學。',
  'Rows that are not to be learnt from can be left out by it.': '不該學習的列可以依它略過。',
  'Beside the rows, the file has {0}, which was left out.': '除了資料列，檔案還有 {0~}，已略過。',
  'If that is what is to be learnt from, save it as a file of its own, a list of objects.':
    '如果要學的是它，請存成另一個檔案，成為物件的清單。',
  '{0} is one object with {1} ‹column|columns› of {2} ‹row|rows› in it; the name of each row became the column "{3}".':
    '{0} 是一個物件，其中有 {1} 欄、{2} 列；每列的名稱成為「{3~}」欄。',
  'If they are {0} rows of {1} columns, save them as a list of objects.':
    '如果它們是 {0} 列、{1} 欄，請存成物件的清單。',
  '{0} is one object with {1} ‹row|rows› in it; the name of each became the column "{2}".':
    '{0} 是一個物件，其中有 {1} 列；每列的名稱成為「{2~}」欄。',
  'Leave that column out if it says nothing. If the names are those of columns, save the rows as a list of objects.':
    '如果那一欄沒有意義，請不要使用。如果那些名稱是欄名，請把資料列存成物件的清單。',
  '{0} goes on after its list, at byte {1}.': '{0} 在清單之後還有內容，在第 {1} 個位元組。',
  'Write one list a file.': '一個檔案請只寫一個清單。',
  '{0} ends in the middle of row {1}, at byte {2}.': '{0} 在第 {1} 列中間結束，在第 {2} 個位元組。',
  'It was cut off, or a quote or bracket is missing; export it again.':
    '它被截斷了，或缺少引號或括號；請重新匯出。',
  'Row {0} of {1} is nested more than {2} levels deep, at byte {3}.':
    '{1} 的第 {0} 列巢狀超過 {2} 層，在第 {3} 個位元組。',
  'A bracket may be missing before; else keep only the fields that are to be learnt from.':
    '前面可能缺少括號；否則請只留下要學習的欄位。',
  'Row {0} of {1} is not JSON: a comma or bracket too many at byte {2}.':
    '{1} 的第 {0} 列不是 JSON：第 {2} 個位元組多了逗號或括號。',
  '‹Row|Line› {0} of {1} (byte {2}) has more than {3} MB.':
    '{1} 的第 {0} ‹0:列|行›（第 {2} 個位元組）超過 {3} MB。',
  'A quote or bracket may be missing there.': '那裡可能缺少引號或括號。',
  'Export the file again.': '請重新匯出檔案。',
  'Write one whole JSON object a line.': '請一行寫一個完整的 JSON 物件。',
  '{0} cannot be read: {1}.': '{0~} 無法讀取：{1~}。',
  'Keep only the fields that are to be learnt from, each once.': '請只留下要學習的欄位，每個一次。',
  '{0} holds an empty list.': '{0} 是空的清單。',
  'Add objects with a prompt and a response.': '請加入含有問題和回答的物件。',
  'The objects in {0} are all empty.': '{0} 裡的物件都是空的。',
  'Give each a prompt and a response.': '請替每個填上問題和回答。',
  'Choose a file with a list of objects, or one object a line.': '請選擇含有物件清單，或一行一個物件的檔案。',
  '{0} is not valid JSON: {1}.': '{0} 不是有效的 JSON：{1~}。',
  'It may have been cut off, or edited by hand; export it again.': '它可能被截斷，或用手改過；請重新匯出。',
  '‹Line|Row› {0} of {1} is {2}, not an object.': '{1} 的第 {0} ‹0:行|列›是{2~}，不是物件。',
  'a list': '清單',
  'The names of the columns are not in it: each row must be an object such as {"prompt": "...", "response": "..."}. A table of lists can be saved as CSV.':
    '其中沒有欄名：每列必須是像 {"prompt": "...", "response": "..."} 這樣的物件。由清單組成的表格可以存成 CSV。',
  'Each row must be an object such as {"prompt": "...", "response": "..."}.':
    '每列必須是像 {"prompt": "...", "response": "..."} 這樣的物件。',
  'JSON has no NaN or Infinity: write null in their place.': 'JSON 沒有 NaN 或 Infinity：請改寫成 null。',
  "This is Python's notation: write the file with json.dumps.":
    '這是 Python 的寫法：請用 json.dumps 寫檔案。',
  '{0} is one JSON object of more than {1} MB.': '{0} 是超過 {1} MB 的單一 JSON 物件。',
  'Write it as JSON lines: one object a row, one row a line.': '請寫成 JSON lines：一列一個物件，一行一列。',
  'the name "{0}" is there twice in one object': '名稱「{0}」在一個物件裡出現兩次',
  'it is nested too deeply': '巢狀太深',
  'it is nested more than {0} levels deep': '巢狀超過 {0} 層',
  'it ends in the middle': '在中間就結束了',
  'character {0} (`{1}`) does not belong there': '第 {0} 個字元（`{1}`）不該在那裡',
  '`{0}` does not belong there': '`{0}` 不該在那裡',
  'it is not written as JSON is': '寫法不是 JSON',

  '{0} would take more than {1} of memory.': '{0} 會占用超過 {1} 的記憶體。',
  '{0} has {1}; at most {2} are fetched.': '{0~}有 {1}；最多取得 {2}。',
  '{0} sends more than {1} and does not say how much there is.': '{0~}傳來超過 {1}，而且沒有說明總量。',
  '{0} has {1} columns; at most {2} are read.': '{0} 有 {1} 欄；最多讀取 {2} 欄。',
  'Keep the few that are to be learnt from. Objects keyed by ids have to become rows.':
    '請只留下要學習的幾欄。以 id 為鍵的物件必須改成資料列。',
  '{0} has {1} columns in {2} rows; so wide a table may have {3} cells.':
    '{0} 有 {1} 欄、{2} 列；這麼寬的表格最多 {3} 個儲存格。',
  'Keep the few columns that are to be learnt from. Objects keyed by ids have to become rows.':
    '請只留下要學習的幾欄。以 id 為鍵的物件必須改成資料列。',
  'Row {0} of {1} has {2} MB of text in its column "{3}"; a cell may have {4} MB.':
    '{1} 的第 {0} 列在「{3~}」欄有 {2} MB 的文字；一個儲存格最多 {4} MB。',
  'A quote may be missing there; else cut the text into several rows.':
    '那裡可能缺少引號；否則請把文字分成幾列。',
  '{0} has a column whose name has {1} characters ("{2}..."); at most {3} are read.':
    '{0} 有一欄的名稱有 {1} 個字元（「{2}⋯⋯」）；最多讀取 {3} 個。',
  'Its first row may be none of names: read it as a file without a header, or shorten the name.':
    '它的第一列可能不是欄名：請當作沒有標題的檔案讀取，或縮短名稱。',

  'a Python pickle': 'Python pickle',
  'Pickles can run anything and are never opened: in Python, write the table with to_csv or to_parquet.':
    'pickle 可以執行任何東西，所以絕不打開：請在 Python 用 to_csv 或 to_parquet 寫出表格。',
  'an old Excel or Word file (XLS, DOC), or a workbook with a password':
    '舊式 Excel 或 Word 檔案（XLS、DOC），或有密碼的活頁簿',
  'Save it as .xlsx without a password, or as CSV.': '請存成沒有密碼的 .xlsx，或 CSV。',
  'a PDF': 'PDF',
  'Copy its text into a text file or a table.': '請把其中的文字複製到文字檔或表格。',
  'an SQLite database': 'SQLite 資料庫',
  'Export the table as CSV.': '請把表格匯出為 CSV。',
  'a Feather file of version 1': 'Feather 第 1 版檔案',
  'Write it as Feather version 2 (the default of current libraries).':
    '請寫成 Feather 第 2 版（目前函式庫的預設）。',
  'a NumPy array': 'NumPy 陣列',
  'a Zstandard archive': 'Zstandard 壓縮檔',
  'Unpack it, or pack it with gzip.': '請解開，或改用 gzip 壓縮。',
  'an xz archive': 'xz 壓縮檔',
  'a bzip2 archive': 'bzip2 壓縮檔',
  'a 7z archive': '7z 壓縮檔',
  'Unpack it, or pack it as ZIP.': '請解開，或改用 ZIP 壓縮。',
  'a RAR archive': 'RAR 壓縮檔',
  'a PNG image': 'PNG 圖片',
  'Only text can be learnt from.': '只能從文字學習。',
  'a JPEG image': 'JPEG 圖片',
  'a sound or video file': '聲音或影片檔',
  'a model (GGUF)': '模型（GGUF）',
  'Open it on the Model page.': '請在模型頁打開。',
  'an Avro file': 'Avro 檔案',
  'an ORC file': 'ORC 檔案',
  'an R data file': 'R 資料檔',
  'In R, write the table with write.csv.': '請在 R 用 write.csv 寫出表格。',
  'a SAS file': 'SAS 檔案',
  'an SPSS file': 'SPSS 檔案',
  'a Stata file': 'Stata 檔案',
  'a Vortex file': 'Vortex 檔案',
  'a GIF image': 'GIF 圖片',
  'a sound file': '聲音檔',
  'an LZ4 archive': 'LZ4 壓縮檔',
  'a property list of macOS': 'macOS 屬性列表',
  'Save the data as CSV, JSON lines, Parquet or an Excel workbook.':
    '請把資料存成 CSV、JSON lines、Parquet 或 Excel 活頁簿。',
  'a rich text file (RTF)': 'RTF 文件',
  'Save it as plain text, or its table as CSV.': '請存成純文字，或把其中的表格存成 CSV。',
  'an XML spreadsheet of Excel 2003': 'Excel 2003 的 XML 試算表',
  'Save it as .xlsx or CSV.': '請存成 .xlsx 或 CSV。',
  'a web page (HTML)': '網頁（HTML）',
  'Copy its table or text into a file of its own: CSV or plain text.':
    '請把其中的表格或文字複製到另一個檔案：CSV 或純文字。',
  'an XML file': 'XML 檔案',
  'Convert its records to CSV or JSON lines.': '請把其中的紀錄轉成 CSV 或 JSON lines。',
  'a saved web page or mail (MIME)': '存檔的網頁或郵件（MIME）',
  'Copy its text into a file of its own.': '請把其中的文字複製到另一個檔案。',
  'a YAML file': 'YAML 檔案',
  'Convert it to JSON: a list of objects.': '請轉成 JSON：物件的清單。',
  'an SQL dump': 'SQL 傾印檔',
  'Load it into its database, and export the table as CSV.': '請載入資料庫，再把表格匯出為 CSV。',
  'a file of subtitles': '字幕檔',
  'a vCard or calendar': 'vCard 或行事曆',
  'Export it as CSV.': '請匯出為 CSV。',
  'a gettext catalogue (PO)': 'gettext 翻譯檔（PO）',
  'Convert it to CSV.': '請轉成 CSV。',
  'a BibTeX file': 'BibTeX 檔案',
  'an RDF file (Turtle)': 'RDF 檔案（Turtle）',
  'Export what is to be learnt as CSV.': '請把要學的內容匯出為 CSV。',
  'a mail or mailbox': '郵件或信箱',
  'an ARFF file of Weka': 'Weka 的 ARFF 檔案',
  'Save it as CSV.': '請存成 CSV。',
  'a LaTeX file': 'LaTeX 檔案',
  'an INI or TOML file': 'INI 或 TOML 檔案',
  '{0} holds weights in a format that is not read.': '{0} 裡的權重格式無法讀取。',
  'Take a copy of the model with *.safetensors files, or as a .gguf file.':
    '請改用含有 *.safetensors 檔案的版本，或 .gguf 檔案。',
  '{0} is not the file itself, but a pointer to it that Git LFS has left.':
    '{0} 不是檔案本身，只是 Git LFS 留下的指標檔。',
  'Run "git lfs pull" in its folder, or download the file from its page.':
    '請在它的資料夾執行「git lfs pull」，或從它的網頁下載這個檔案。',
  'a pointer to a file that Git LFS keeps elsewhere': '指標檔，真正的檔案由 Git LFS 放在別處',
  'Fetch the file itself: git lfs pull.': '請取得檔案本身：git lfs pull。',
  'text in UTF-32': 'UTF-32 文字',
  'Save it as UTF-8.': '請存成 UTF-8。',
  'a tar archive': 'tar 封存檔',
  'a model (safetensors)': '模型（safetensors）',
  'Open it on the Model page, with its config.json and tokenizer.json.':
    '請在模型頁打開，連同它的 config.json 和 tokenizer.json。',
  'a DuckDB database': 'DuckDB 資料庫',
  "Export the table: COPY name TO 'name.parquet'.": "請匯出表格：COPY name TO 'name.parquet'。",
  'a table in Markdown': 'Markdown 表格',
  'Save the table as CSV.': '請把表格存成 CSV。',
  '{0} is {1}, which cannot be read.': '{0} 是{1~}，無法讀取。',

  '{0} is not a text file: it has a zero at byte {1}.': '{0} 不是文字檔：第 {1} 個位元組是零。',
  'If it is a table, save it as CSV, JSON lines, Parquet or an Excel workbook.':
    '如果是表格，請存成 CSV、JSON lines、Parquet 或 Excel 活頁簿。',
  '{0} is not proper {1} text between byte {2} and {3}.':
    '{0} 在第 {2} 到 {3} 個位元組之間不是正確的 {1} 文字。',
  'It was probably cut off or damaged; save it again, as UTF-8.': '它可能被截斷或損毀；請重新存成 UTF-8。',
  '{0} is not UTF-8 text.': '{0} 不是 UTF-8 文字。',
  'Fetch or export the file again.': '請重新取得或匯出檔案。',
  'The file can no longer be read.': '檔案已無法讀取。',
  'It may have been changed, moved or removed since it was chosen; choose it again.':
    '它可能在選擇之後被更動、移動或移除；請重新選擇。',
  'The file': '檔案',
  '{0} ends at byte {1}, but bytes {2} to {3} were needed.':
    '{0~}在第 {1} 個位元組結束，但需要第 {2} 到 {3} 個。',
  'It was probably cut off while being copied or downloaded; fetch it again.':
    '它可能在複製或下載時被截斷；請重新取得。',
  'It was probably cut off while being copied or downloaded; add it again.':
    '它可能在複製或下載時被截斷；請重新加入。',
  'It was probably cut off or changed while being copied; fetch it again.':
    '它可能在複製時被截斷或更動；請重新取得。',
  'It was probably cut off or changed on the way; fetch it again.': '它可能在途中被截斷或更動；請重新取得。',
  'Bytes {0} to {1} were asked of {2}.': '要求了 {2} 個位元組中的第 {0} 到 {1} 個。',
  'Please report this.': '請回報這個問題。',

  'Could not reach {0}.': '無法連到 {0}。',
  'Check the connection and try again.': '請檢查網路連線，再試一次。',
  'There is no file at {0}.': '{0} 沒有檔案。',
  'Check the address.': '請檢查網址。',
  '{0} answered with status {1}.': '{0~}回應狀態 {1}。',
  'The connection broke while reading {0}.': '讀取 {0} 時連線中斷。',
  'Try again.': '請再試一次。',
  'nothing came for {0} s': '{0} 秒內沒有收到任何東西',
  'the connection broke': '連線中斷',
  '{0}: {1} at byte {2}‹ of {3}|›, {4} times.': '{0~}：在第 {2} 個位元組‹0:（共 {3} 個）|›{1~}，共 {4} 次。',
  'Check the connection and try again, or download it and drop it here.':
    '請檢查網路連線再試一次，或下載後拖放到這裡。',
  '{0} cannot be reached: this device is offline.': '無法連到{0~}：這台裝置離線。',
  '{0} cannot be read from here: its server is out of reach, or does not let web pages read its files.':
    '無法從這裡讀取{0~}：它的伺服器連不上，或不讓網頁讀取檔案。',
  'Connect to the network, then try again.': '請連上網路，再試一次。',
  '{0} was not found.': '找不到{0~}。',
  '{0} does not accept this token (status {1}).': '{0~}不接受這個權杖（狀態 {1}）。',
  '{0} is only for those who are signed in (status {1}).': '{0~}只供已登入的人使用（狀態 {1}）。',
  'Check that it may read this, and that the terms on its page are accepted.':
    '請確認它可以讀取，而且已接受頁面上的條款。',
  'Give an access token that may read it, or download it in a browser tab, then drop it here.':
    '請提供可讀取它的存取權杖，或在瀏覽器分頁下載，再拖放到這裡。',
  '{0} has had too many requests.': '{0~}收到太多要求。',
  'Try again later, or download it in a browser tab, then drop it here.':
    '請稍後再試，或在瀏覽器分頁下載，再拖放到這裡。',
  '{0} is a web page, not the file itself.': '{0~}是網頁，不是檔案本身。',
  'it is no list': '它不是清單',
  '{0} gave no usable answer: {1}': '{0~}沒有給出可用的回應：{1~}',
  'It is damaged or was cut off; ask whoever offers it.': '它已損毀或被截斷；請詢問提供的人。',
  '{0}: its server gives no parts of files.': '{0~}：它的伺服器不提供檔案的片段。',
  '{0} was changed on its server while being read, after byte {1}.':
    '{0~}在讀取途中於伺服器上被更動，在第 {1} 個位元組之後。',
  'Open it again.': '請重新打開。',
  '‹A line|{0} lines› above the names of the columns ‹was|were› left out: "{1}"{2}.':
    '欄名上方的‹0:一行| {0} 行›已略過：「{1}」{2}。',
  '‹Row|Line› {0} of {1} (byte {2}) is not JSON: {3}.':
    '{1} 的第 {0} ‹0:列|行›（第 {2} 個位元組）不是 JSON：{3~}。',
  '‹Row|Line› {0} of {1} (byte {2})': '{1} 的第 {0} ‹0:列|行›（第 {2} 個位元組）',
  'If that is meant, raise the limit where it is asked how files are read (data.reading.max_gigabytes); or take fewer rows or columns of it.':
    '如果確實如此，請在「怎樣讀取檔案」提高上限（data.reading.max_gigabytes），或取較少的列或欄。',
  'If that is meant, raise the limit where it is asked how files are read (data.reading.max_gigabytes).':
    '如果確實如此，請在「怎樣讀取檔案」提高上限（data.reading.max_gigabytes）。',
  '{0} ‹row|rows› of {1}': '{1} 列中的 {0} 列',
  'column {0}': '第 {0} 欄',
  'an HDF5 file': 'HDF5 檔案',
  'metrics.jsonl (line {0})': 'metrics.jsonl（第 {0} 行）',
  'row {0}': '第 {0} 列',
}
