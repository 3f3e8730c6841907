/** Texts of the Export page, and of whatever is taken away. */
export const exported = {
  'export.title': 'Export',
  'export.lede': 'Try what was learnt, keep it, or use it elsewhere.',
  'export.way': 'What would you like to do?',
  'export.way.try': 'Try it',
  'export.way.keep': 'Keep it',
  'export.way.elsewhere': 'Use it elsewhere',
  'export.try.title': 'Try it',
  'export.try.lede': 'Ask your own questions here: base model and tuned model answer side by side.',
  'export.try.ask': 'Ask questions',
  'export.try.others': 'Let others try it: a chat page to hand on',
  'export.keep.title': 'Keep it',
  'export.keep.lede':
    'A run stays in this browser until it is deleted here, or the browser is cleared. These files outlast both, and this studio opens them again.',
  'export.why.keep':
    'Small, and nothing is rounded: what was learnt, without the base model. Another run begins with it: “Begin with an adapter from files” on the Train page, or npm run train -- --start-from FOLDER. A merged model, below, is opened on the Model page as a model of its own.',
  'export.elsewhere.title': 'Use it elsewhere',
  'export.elsewhere.lede': 'Say where it will run, and take the files that are read there.',
  'export.place': 'Where will it run?',
  'export.place.transformers': 'Python with Transformers',
  'export.placeNote.transformers': 'Scripts and notebooks, with the libraries of Hugging Face',
  'export.place.llama': 'Ollama, llama.cpp or LM Studio',
  'export.placeNote.llama': 'Your own computer, without programming',
  'export.place.mlx': 'A Mac, with Apple MLX',
  'export.placeNote.mlx': 'mlx-lm on Apple silicon',
  'export.place.server': 'A server',
  'export.placeNote.server': 'vLLM, SGLang, or a service of your own',
  'export.place.web': 'A web page',
  'export.placeNote.web': 'In the browser of whoever opens it',
  'export.place.phone': 'A phone',
  'export.placeNote.phone': 'LiteRT-LM and AI Edge Gallery',
  'export.place.hub': 'Hugging Face',
  'export.placeNote.hub': 'A model or a Space on the Hub, for others to find',
  'export.place.torch': 'PyTorch by itself',
  'export.placeNote.torch': 'The bare weights (state dict), for code of your own',
  'export.place.keras': 'Keras',
  'export.placeNote.keras': 'HDF5, as Keras and KerasHub read it',
  'export.recommended': 'recommended',
  'export.why.transformers.peft':
    'Small, and nothing is rounded: only the weights that were learnt (the adapter). PEFT, the library of Hugging Face for adapters, loads the folder as it is and puts them on the base model.',
  'export.why.llama.gguf-q8_0':
    'One file with everything in it, in 8 bits: half the size of 16 bits with hardly any loss. The settings for Ollama (Modelfile) lie beside it.',
  'export.why.mlx.mlx': 'Small, and nothing is rounded: mlx-lm puts it on the base model.',
  'export.why.server.rest':
    'A service that is ready to start, with the interface that programs for OpenAI’s models know.',
  'export.why.server.merged':
    'The whole model in bfloat16, which every server loads without knowing of adapters.',
  'export.why.web.chat-page':
    'One folder of plain files. Put it on any web server, or open it through one at home: it answers in the browser, offline, with the base model beside the tuned one.',
  'export.why.phone.merged':
    'The whole model: one command, below, makes the file of it that LiteRT-LM and AI Edge Gallery open.',
  'export.why.hub.peft':
    'Small to upload. Whoever uses it fetches the base model from where it is published; one that is nowhere else goes with it.',
  'export.why.torch.pt': 'Small, and nothing is rounded: the weights that were learnt, in one file.',
  'export.others': {
    one: 'Another format ({count})',
    other: 'Other formats ({count})',
  },
  'export.each': {
    one: 'What is in it ({count} file)',
    other: 'What is in it, file by file ({count})',
  },
  'export.eachLater': {
    one: 'Its proof ({count} file) is made with the first download, and is listed from then on.',
    other: 'Its proof ({count} files) is made with the first download, and is listed from then on.',
  },
  'export.snippet': 'To run it with {target} ({language})',
  'export.target.transformers': 'Transformers',
  'export.target.torch': 'PyTorch',
  'export.target.llama.cpp': 'llama.cpp',
  'export.target.ollama': 'Ollama',
  'export.target.lmstudio': 'LM Studio',
  'export.target.mlx': 'mlx-lm',
  'export.target.server': 'vLLM',
  'export.target.web': 'wllama, in a page',
  'export.target.phone': 'LiteRT',
  'export.target.keras': 'HDF5',
  'export.target.hub': 'the Hub',
  'export.target.lapidary': 'Lapidary',
  'export.language.python': 'Python',
  'export.language.shell': 'command line',
  'export.language.html': 'web page',
  'export.copy': 'Copy',
  'export.copied': 'Copied.',
  'export.format': 'Format',
  'export.which': 'State (checkpoint)',
  'export.last': 'Newest, at step {step}',
  'export.best': 'Best on rows it never saw, at step {step}',
  'export.offered.rose':
    'Rows that it never saw were known best at step {best} (validation loss {bestLoss}) and less well at step {last} ({lastLoss}), so the best is offered first. Where rows are facts to be learnt by heart, take the newest.',
  'export.offered.metric':
    'The token accuracy on rows that it never saw was best at step {best}; the settings say that the best is chosen by it, so it is offered first.',
  'export.offered.answers':
    'Rows that it never saw were known best at step {best} (validation loss {bestLoss}; {lastLoss} at step {last}), but more questions were answered as the data says later, so the newest is offered first.',
  'export.offered.near':
    'Rows that it never saw were known best at step {best} (validation loss {bestLoss}). Nothing measured since is clearly worse, so the newest is offered first.',
  'export.bare': 'This run has nothing to try or to take elsewhere',
  'export.bare.begins':
    'It was cut off before its first checkpoint. Go on with it: it begins again, with the same curve.',
  'export.reading': 'Reading the checkpoint',
  'export.download': 'Download adapter ({size})',
  'export.all': {
    one: '{count} file as .zip ({size})',
    other: 'All {count} files as .zip ({size})',
  },
  'export.downloadOther': 'Download ({size})',
  'export.asFolder': {
    one: 'One .zip that unpacks to a folder with {count} file.',
    other: 'One .zip that unpacks to a folder with {count} files.',
  },
  'export.names': 'README.md in it names your data file.',
  'export.one': 'Download {name}',
  'export.summary': 'Summary',
  'export.steps': 'Steps',
  'export.stepsOf': '{step} of {count}',
  'export.time': 'Training time',

  'proof.noBase':
    'Comes without a proof of its effect: that is made with the base model, which is not in this browser.',
  'proof.made': 'Comes with a proof of its effect: check.py says there whether it works.',
  'proof.later':
    'Comes with a proof of its effect, which is made with the first download: check.py says there whether it works.',
  'proof.madeOfPage':
    'Comes with a proof of its effect: the page has a button that says there whether it works.',
  'proof.laterOfPage':
    'Comes with a proof of its effect, which is made with the first download: the page has a button that says there whether it works.',
  'proof.what': 'What the proof is',
  'proof.more':
    'proof.json holds five built-in prompts (none of your rows), the answers of the fine-tuned model, and how probable each word of them is with and without what was learnt. check.py asks the library that loads the files for the same, and says “works”, “loaded but without effect” or “differs”.',
  'proof.moreOfPage':
    'proof.json holds five built-in prompts (none of your rows), the answers of the fine-tuned model, and how probable each word of them is with and without what was learnt. At the press of a button the page computes the same where it is opened, and says whether it works, is without effect, or differs.',
  'proof.effect': 'Here fine-tuned and base model are up to {effect} nats a word apart.',
  'proof.make': 'Make it now',
  'proof.dead': 'This adapter changes nothing',
  'proof.deadMore':
    'The fine-tuned model says exactly what the base says. Train it for more steps, or with a higher learning rate.',
} as const
