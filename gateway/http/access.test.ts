import { describe, expect, it } from 'vitest';
import { type AccessRules, accessFault, corsHeaders, hostnameOf } from './access.js';

const rules: AccessRules = {
  hosts: new Set(['localhost', '127.0.0.1', '[::1]', 'gateway.example.org']),
  origins: new Set(['http://localhost:3000']),
};

describe('accessFault', () => {
  it.each([
    ['localhost', ''],
    ['LOCALHOST:8000', ''],
    ['127.0.0.1:8000', ''],
    ['[::1]:8000', ''],
    ['gateway.example.org', ''],
    ['127.0.0.1:8000', 'http://127.0.0.1:8000'],
    ['gateway.example.org', 'https://gateway.example.org'],
    ['127.0.0.1:8000', 'http://localhost:3000'],
  ])('lets Host %j with Origin %j pass', (host, origin) => {
    expect(accessFault(rules, host, origin)).toBeUndefined();
  });

  it.each([
    ['evil.example', '', 'Host'],
    ['127.0.0.1.evil.example', '', 'Host'],
    ['localhost@evil.example', '', 'Host'],
    ['', '', 'Host'],
    ['localhost, evil.example', '', 'Host'],
    ['::1', '', 'Host'],
    ['127.0.0.1:8000', 'http://evil.example', 'origin'],
    ['127.0.0.1:8000', 'http://127.0.0.1:9000', 'origin'],
    ['127.0.0.1:8000', 'http://127.0.0.1:8000.evil.example', 'origin'],
    ['127.0.0.1:8000', 'null', 'origin'],
  ])('refuses Host %j with Origin %j', (host, origin, word) => {
    expect(accessFault(rules, host, origin)).toContain(word);
  });

  it('does not repeat a long header in full', () => {
    expect(accessFault(rules, 'a'.repeat(5000), '')!.length).toBeLessThan(300);
  });
});

describe('corsHeaders', () => {
  it('names the origin only when it is allowed, and never a wildcard', () => {
    expect(corsHeaders(rules, 'http://localhost:3000')).toMatchObject({
      'access-control-allow-origin': 'http://localhost:3000',
      vary: 'Origin',
    });
    expect(corsHeaders(rules, 'http://evil.example')).toEqual({ vary: 'Origin' });
    expect(corsHeaders({ ...rules, origins: new Set() }, 'http://localhost:3000')).toEqual({});
  });
});

describe('hostnameOf', () => {
  it.each([
    ['localhost:80', 'localhost'],
    ['[::1]:80', '[::1]'],
    ['a b', undefined],
    ['localhost:port', undefined],
    ['localhost/path', undefined],
  ])('reads %j as %j', (host, name) => {
    expect(hostnameOf(host)).toBe(name);
  });
});
