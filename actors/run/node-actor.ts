/** The actor of one node: runs its type's `run` once, tells the run how that went, and ends. */
import { mkdirSync } from 'node:fs';
import {
  type ActorContext,
  type ActorRef,
  type Behaviour,
  type OwnedDevice,
  openDevice,
  RuntimeError,
  toFailure,
} from '../../runtime/index.js';
import { registryOf } from '../node-modules.js';
import type { NodeContext } from '../node-type.js';
import { ArtefactStore, PRIVATE_DIRECTORY } from '../values/artefact-store.js';
import { describeValue } from '../values/describe.js';
import { requirePlain } from '../values/plain.js';
import { missingOutputs } from '../workflow/index.js';
import type { NodeInit, RunMessage } from './messages.js';

/** Progress is told at most so often, in ms: more than a person or a page can see costs only messages. */
const PROGRESS_INTERVAL_MS = 100;

/** State events of one node: they are all stored, so there is an end to them. */
const MOST_STATE_EVENTS = 10_000;

interface NodeState {
  readonly init: NodeInit;
  /** Opened by the first session: most nodes never load ONNX Runtime. */
  device: Promise<OwnedDevice> | undefined;
}

export const nodeActor: Behaviour<NodeState, { readonly type: 'run' }, NodeInit> = {
  start(init, context) {
    context.self.tell({ type: 'run' });
    return { init, device: undefined };
  },

  async receive(state, _message, context) {
    const { init } = state;
    const run = context.ref<RunMessage>(init.run);
    const began = performance.now();
    const duration = (): number => (performance.now() - began) / 1000;
    try {
      const registry = await registryOf(init.modules);
      const type = registry.find(init.type);
      if (!type) throw new Error(`there is no node type "${init.type}" on this thread`);
      // Told to stop while its module was loaded: an abort that has been is an event that does not come again.
      if (context.stopRequested()) throw new RuntimeError('stopped', 'the node was asked to stop');
      const given = (await type.run(init.inputs as never, contextOf(state, context, run))) as Record<string, unknown>;
      const absent = missingOutputs(given, type.outputs);
      if (absent.length > 0)
        throw new Error(
          `the node type "${init.type}" did not give its output ${absent.map((name) => `"${name}"`).join(', ')}`,
        );
      const artefacts = new ArtefactStore(init.artefactDir);
      // What no port carries goes nowhere.
      const ports = Object.keys(type.outputs);
      const outputs = Object.fromEntries(ports.map((port) => [port, given[port]]));
      for (const port of ports) requirePlain(outputs[port], `the output "${port}" of the node type "${init.type}"`);
      const described = Object.fromEntries(ports.map((port) => [port, describeValue(port, outputs[port], artefacts)]));
      run.tell({ type: 'node_completed', node: init.node, outputs, described, duration: duration() });
    } catch (error) {
      run.tell({
        type: 'node_failed',
        node: init.node,
        failure: toFailure(error),
        stopped: context.stopRequested(),
        duration: duration(),
      });
    }
    context.end();
    return state;
  },

  async stop({ device }) {
    // One that could not be opened was told to whoever wanted it.
    await (await device?.catch(() => undefined))?.release();
  },
};

function contextOf(
  state: NodeState,
  context: ActorContext<{ readonly type: 'run' }>,
  run: ActorRef<RunMessage>,
): NodeContext {
  const { init } = state;
  const { node, runId, nodeId, dataRoots } = init;
  let told = Number.NEGATIVE_INFINITY;
  const mayTell = (): boolean => {
    const now = performance.now();
    if (now - told < PROGRESS_INTERVAL_MS) return false;
    told = now;
    return true;
  };
  let moment = Number.NEGATIVE_INFINITY;
  let stateEvents = 0;
  return {
    runId,
    nodeId,
    dataRoots,
    signal: context.stopping,
    throwIfStopped() {
      if (context.stopRequested()) throw new RuntimeError('stopped', 'the node was asked to stop');
    },
    progress(percent) {
      if (mayTell()) run.tell({ type: 'node_progress', node, percent: Math.min(100, Math.max(0, percent)) });
    },
    emit(event) {
      requirePlain(event, 'an event of a node');
      const now = performance.now();
      if (event.kind === 'moment') {
        if (now - moment < PROGRESS_INTERVAL_MS / 2) return;
        moment = now;
      } else if (++stateEvents > MOST_STATE_EVENTS) {
        throw new RangeError(
          `a node tells at most ${MOST_STATE_EVENTS} events that are stored: tell the rest as kind "moment", or as an output`,
        );
      }
      run.tell({ type: 'node_event', node, event });
    },
    get outputDir() {
      mkdirSync(init.outputDir, { recursive: true, mode: PRIVATE_DIRECTORY });
      return init.outputDir;
    },
    device: {
      provider: init.provider,
      createSession: async (model, options) => (await deviceOf(state, context)).createSession(model, options),
      download: async (tensors) => (await deviceOf(state, context)).download(tensors),
    },
  };
}

function deviceOf(state: NodeState, { control, budget }: ActorContext): Promise<OwnedDevice> {
  state.device ??= openDevice({ control, budget, provider: state.init.provider });
  return state.device;
}
