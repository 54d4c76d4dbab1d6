import { describe, expect, it } from 'vitest';
import { isLoopback, settle } from './options.js';
import { MemoryBackend } from './testing/memory-backend.js';

const base = { backend: new MemoryBackend(), version: '1.2.3' };

describe('settle', () => {
  it('listens on loopback by default', () => {
    expect(settle(base)).toMatchObject({ host: '127.0.0.1', port: 8000 });
    expect(settle({ ...base, host: '[::1]' }).host).toBe('::1');
  });

  it.each(['0.0.0.0', '::', '192.168.1.5', '128.0.0.1', 'gateway.example.org', '127.0.0.1.example.org', ''])(
    'refuses to listen on %j and says why',
    (host) => {
      expect(() => settle({ ...base, host })).toThrow(/no authentication/);
    },
  );

  it.each([-1, 65_536, 1.5, Number.NaN])('refuses port %d', (port) => {
    expect(() => settle({ ...base, port })).toThrow('from 0 to 65535');
  });

  it.each(['*', 'localhost:3000', 'http://localhost:3000/', 'http://localhost:3000/app'])(
    'refuses the CORS origin %j',
    (origin) => {
      expect(() => settle({ ...base, corsOrigins: [origin] })).toThrow('is not an origin');
    },
  );

  it.each(['http://a.org', 'a.org:80', 'a b', '*'])('refuses the allowed host %j', (host) => {
    expect(() => settle({ ...base, allowedHosts: [host] })).toThrow('not a host name');
  });

  it('keeps the limits that are not given', () => {
    expect(settle({ ...base, limits: { bodyBytes: 5 } }).limits).toMatchObject({ bodyBytes: 5, heartbeatMs: 15_000 });
  });
});

describe('isLoopback', () => {
  it.each(['localhost', '127.0.0.1', '127.8.9.10', '::1'])('knows %s', (host) => {
    expect(isLoopback(host)).toBe(true);
  });
});
