/** Every kind of socket. */
import { executeSocket } from './execute.js';
import { runSocket } from './run.js';
import type { SocketKind } from './socket.js';
import { trainingSocket } from './training.js';

export const SOCKET_KINDS: readonly SocketKind[] = [executeSocket, runSocket, trainingSocket];
