/** Texts of the Model page: models, what computes, and whether it computes right. */
export const model = {
  'model.title': 'Model',
  'model.lede': 'The model to start from. What it learns is kept beside it, as a small adapter.',
  'model.choose': 'Models',
  'model.practice':
    'A practice model of Lapidary’s own, made like a Gemma but tiny. Not a Gemma release: it learns in a minute on any machine, and what it says is simple.',
  'model.practiceAway': 'The practice model is not listed: it has not been stored here yet.',
  'model.practiceAwayText':
    'It comes with the page, whose server cannot be reached now. The models below are stored in this browser and need no network.',
  'model.parameters': '{count} weights (parameters)',
  'model.layers': { one: '{count} layer', other: '{count} layers' },
  'model.stored': '{size} stored here',
  'model.bundled': 'comes with the page',
  'model.instruction': 'Instruction-tuned: it answers already; training changes what and how.',
  'model.pretrained':
    'Pre-trained only: it continues text and does not answer yet. It learns from your examples how to answer and where to stop, which takes more steps.',
  'model.noSettings':
    'It came without tokenizer_config.json. Its tokenizer is a Gemma’s, so what every Gemma’s says takes its place.',
  'model.leftOut':
    'The text part (language model) of a model that also sees: its vision part is left out, and images cannot be shown to it.',
  'model.download': 'Save {name} to a file, for another machine',
  'model.remove': 'Delete {name} from this browser',
  'model.removeTitle': 'Delete this model?',
  'model.removeText': 'Deleting {name} frees {size}.',
  'model.removeGoing':
    'Training on it now: {names}. A run that has it loaded comes to its end, one that still loads it fails; neither can be gone on with or asked.',
  'model.removeCut': 'Not at their end, and unable to go on without it: {names}.',
  'model.removeQueues': 'Queues that come to a halt: {names}.',
  'model.removeDone': 'Kept with their adapters, but not to be asked, judged or merged without it: {names}.',
  'model.removeLesson': 'The lesson “{name}” uses it.',
  'model.removeLessonPerhaps':
    'The lesson “{name}” may use it: it was opened by an earlier version of the studio, which did not note its model.',
  'model.removeElsewhere': 'Another tab has it chosen.',
  'model.removeShared': '{size} of it stay: other models or downloads have the same files.',
  'model.removeOwn':
    'Only the same files bring it back, under any name: save it to a file first, or keep those that you have.',
  'model.removeAgain': 'It can be downloaded again.',
  'model.removeName': '“{name}”',
  'model.removeJoin': ', ',
  'model.removeMore': { one: '{names} and {count} more', other: '{names} and {count} more' },
  'model.add.folder': 'Choose its folder',
  'model.add.files': 'Choose its files',
  'model.add.hint':
    'or drop it here: a folder with config.json, tokenizer.json and the .safetensors files, a .zip of it, or a .gguf file.',
  'model.adding': 'Storing {name}',
  'model.goneElsewhere': '{name} was deleted in another tab: the practice model is chosen now.',
  'model.goneElsewhereHint': 'Choose another model, or add it again.',
  'model.known': 'It is here already, as {name}',
  'model.knownText': 'The same files, by their SHA-256: nothing was stored again. {name} is chosen.',
  'model.mended': '{name} is whole again',
  'model.mendedText':
    'Part of it was damaged in this browser; what you added took its place. Runs made with it work as before. {name} is chosen.',
  'model.apart': 'It is stored as {name}: another model here is called {asked}',
  'model.apartText': 'The two have different weights. {name} is chosen; the other one is as it was.',
  'device.title': 'What computes',
  'device.looking': 'Looking for a graphics card …',
  'device.computes': 'Computed by',
  'device.hardware': 'Your graphics card (WebGPU)',
  'device.software':
    'Your processor, standing in for a graphics card (WebGPU in software). Fine for the practice model.',
  'device.portable': 'Your processor (TensorFlow.js)',
  'device.choose': 'Engine',
  'device.taken':
    'A run is using the engine, and keeps the one that it began with. Stop the run, or wait until it is done, to choose another or to check this one.',
  'device.engine.auto': 'Automatic',
  'device.engine.webgpu': 'WebGPU',
  'device.engine.portable': 'Portable',
  'device.about.auto': 'WebGPU where there is a graphics card for it, else the portable engine.',
  'device.about.webgpu':
    'Kernels of our own on the graphics card. Without one they run in software: right, but slow.',
  'device.about.portable':
    'TensorFlow.js on the processor: the same results on any machine, and runs can move between the two.',
  'device.memoryAuto': 'Decide by itself how much memory a run may take',
  'device.memory': 'Memory of a run, at most',
  'device.memoryHelp':
    'A browser does not tell how much graphics memory there is. By itself the studio goes by the kind of graphics card, tries how much of it works at full speed before the first long run, and remembers that. Set less where other programs need the memory: the run then computes some things twice instead of keeping them (gradient checkpointing), with the same results. Called memory_budget, in bytes, on the command line.',
  'device.speeds': 'Measured here',
  'device.speedOf': '{model}, {engine}',
  'device.speed': '{value} tokens a second',
  'device.name': 'Device',
  'device.none': 'None',
  'device.notIsolated':
    'One thread: where this page is hosted, it may not share memory between threads (headers COOP and COEP). The results are the same.',
  'device.oneThread': 'One thread: this browser does not let WebAssembly use more. The results are the same.',
  'device.portableGpu': 'Your graphics card (TensorFlow.js)',
  'device.engineOn': '{engine} on {backend}',
  'device.backend': 'TensorFlow.js runs on',
  'device.backend.auto': 'Automatic',
  'device.backend.wasm': 'WebAssembly',
  'device.backend.webgpu': 'WebGPU',
  'device.backend.cpu': 'JavaScript',
  'device.backend.about.auto':
    'WebAssembly. WebGPU only where there is a graphics card on which our own kernels were found wrong and these right.',
  'device.backend.about.wasm':
    'The quickest on a processor, on several cores where the page may share memory.',
  'device.backend.about.webgpu':
    'On the graphics card, with TensorFlow.js’ kernels instead of our own: slower than the WebGPU engine.',
  'device.backend.about.cpu': 'Plain JavaScript, for browsers without WebAssembly. Very slow.',
  'check.title': 'Does the graphics card compute right?',
  'check.about':
    'Some drivers compute wrongly. What is about to train is compared with exact results before the first training on a graphics card; every operation while nothing else is going on here, and whenever you ask.',
  'check.start': 'Check now',
  'check.again': 'Check again',
  'check.stopping': 'Stopping after this operation …',
  'check.begins': 'Measuring its speed',
  'check.passed': 'All {count} operations are right, in {runs} comparisons.',
  'check.failed': 'Wrong results: {names}.',
  'check.speed': '{device}: {flops} calculations and {bytes} bytes a second. Checked in {duration}.',
  'check.wrong': 'Left out because they are wrong here: {names}.',
  'check.details': 'Each operation',
  'check.operation': 'Operation',
  'check.runs': 'Comparisons',
  'check.error': 'Error',
  'check.errorAbout': 'Error: the largest one found, as a share of what rounding may come to.',
} as const
