/** The agent as an actor: what a host is told to spawn. */
import type { Behaviour } from '../../../runtime/index.js';
import { registryOf } from '../../node-modules.js';
import { ArtefactStore } from '../../values/artefact-store.js';
import type { AgentInit, AgentMessage } from '../messages.js';
import { Agent } from './agent.js';

export const runAgent: Behaviour<Agent, AgentMessage, AgentInit> = {
  async start(init, context) {
    const registry = await registryOf(init.modules);
    return new Agent(init, context, { registry, artefacts: new ArtefactStore(init.artefactDir) });
  },

  receive(agent, message) {
    if (message.type !== 'terminated') agent.take(message);
    return agent;
  },

  stop: (agent) => agent.stop(),
};
