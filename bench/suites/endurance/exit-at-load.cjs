// Loaded with --require, and by that in every worker thread as well: tells the main thread when ONNX Runtime's native module
// is about to be loaded, which then calls process.exit(0). There the danger is greatest, and chance seldom finds it.
const { isMainThread, BroadcastChannel } = require('node:worker_threads');

const channel = new BroadcastChannel('exit-at-load');
channel.unref();
if (isMainThread) channel.onmessage = () => process.exit(0);
else {
  const load = process.dlopen;
  process.dlopen = function dlopen(module, file, ...rest) {
    if (file.includes('onnxruntime')) channel.postMessage('now');
    return load.call(this, module, file, ...rest);
  };
}
