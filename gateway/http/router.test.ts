import { describe, expect, it } from 'vitest';
import { Router } from './router.js';

const router = new Router<string>();
for (const pattern of ['/', '/runs', '/{id}', '/runs/{run_id}', '/runs/{run_id}/events', '/{job_id}/events'])
  router.add('GET', pattern, pattern);
router.add('DELETE', '/{id}', 'delete');

describe('router', () => {
  it.each([
    ['/', '/', {}],
    ['//', '/', {}],
    ['/runs', '/runs', {}],
    ['/runs/', '/runs', {}],
    ['/7', '/{id}', { id: '7' }],
    ['/7/', '/{id}', { id: '7' }],
    ['/runs/a%2Fb', '/runs/{run_id}', { run_id: 'a/b' }],
    ['/runs/x/events', '/runs/{run_id}/events', { run_id: 'x' }],
    ['/runs/events', '/runs/{run_id}', { run_id: 'events' }],
    ['/job_1/events', '/{job_id}/events', { job_id: 'job_1' }],
  ])('finds %s under %s', (path, pattern, params) => {
    const match = router.find(path);
    expect(match?.methods.get('GET')).toBe(pattern);
    expect(match?.params).toEqual(params);
  });

  it.each(['/runs/x/other', '/runs//', '/runs//events', ''])('finds nothing at %j', (path) => {
    expect(router.find(path)).toBeUndefined();
  });

  it('knows every method of a path', () => {
    expect([...router.find('/7')!.methods.keys()]).toEqual(['GET', 'DELETE']);
  });

  it('refuses a percent-encoding that is none', () => {
    expect(() => router.find('/%E0%A4%A')).toThrow('percent-encoding');
  });

  it('does not take a second route for the same method and path', () => {
    expect(() => router.add('GET', '/runs', 'again')).toThrow('two routes for GET /runs');
  });
});
