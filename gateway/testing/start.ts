/** A gateway on a free port with a backend in memory, taken down after the test. */
import { onTestFinished } from 'vitest';
import type { ValidationIssue } from '../backend.js';
import type { Limits } from '../defaults.js';
import type { GatewayOptions } from '../options.js';
import { createGateway, type Gateway } from '../server.js';
import { MemoryBackend } from './memory-backend.js';

export interface Started {
  readonly gateway: Gateway;
  readonly backend: MemoryBackend;
  readonly url: string;
  readonly port: number;
  /** What the gateway logged. */
  readonly logged: string[];
}

const QUICK: Partial<Limits> = { resumeGraceMs: 20, closeGraceMs: 50 };

export async function start(options: Partial<GatewayOptions> = {}): Promise<Started> {
  const backend = new MemoryBackend();
  const logged: string[] = [];
  const gateway = await createGateway({
    backend,
    port: 0,
    version: '1.2.3',
    log: (text) => logged.push(text),
    ...options,
    limits: { ...QUICK, ...options.limits },
  });
  onTestFinished(() => gateway.close());
  return { gateway, backend, url: gateway.url, port: gateway.port, logged };
}

export interface JsonAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
  /** The faults of a 422, empty for every other answer. */
  readonly issues: readonly ValidationIssue[];
}

/** One request with a JSON body, and the answer parsed. */
export async function call(
  url: string,
  method = 'GET',
  body?: unknown,
  headers: Record<string, string> = {},
): Promise<JsonAnswer> {
  const type: Record<string, string> = body === undefined ? {} : { 'content-type': 'application/json' };
  const answer = await fetch(url, {
    method,
    headers: { ...type, ...headers },
    ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await answer.text();
  const parsed = (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>;
  const issues = Array.isArray(parsed['detail']) ? (parsed['detail'] as ValidationIssue[]) : [];
  return { status: answer.status, headers: answer.headers, body: parsed, issues };
}
