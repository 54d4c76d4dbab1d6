// What Piscina loads in a thread: next to nothing. Piscina loads it with require, also into threads that it makes of its
// own accord, and Node aborts the process when a thread ends while it requires an ES module. So the host's modules are
// loaded by the task, and the thread is held while they are, as Control.enterNative does it: the words of shared memory
// are those of control.ts, 0 "closing" and 1 "native calls under way". serveHost takes the hold back.
module.exports = async ({ entry, task }) => {
  const words = new Int32Array(task.control);
  Atomics.add(words, 1, 1);
  if (Atomics.load(words, 0) === 1) {
    Atomics.sub(words, 1, 1);
    task.port.close();
    return;
  }
  const host = await import(entry).catch((error) => {
    Atomics.sub(words, 1, 1);
    throw error;
  });
  await host.default(task);
};
