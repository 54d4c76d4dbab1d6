/** What the services on the kernel's thread share. */
import type { Store } from '../../runtime/index.js';
import type { RunSurroundings } from '../run/run-actor.js';
import type { ArtefactStore } from '../values/artefact-store.js';

export interface WorkflowSurroundings extends RunSurroundings {
  readonly store: Store;
  readonly artefacts: ArtefactStore;
}
