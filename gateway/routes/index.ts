/** Every route of the HTTP interface. */
import { Router } from '../http/router.js';
import { rootRoutes } from './root.js';
import type { Route } from './route.js';
import { trainingRoutes } from './training.js';
import { workflowRoutes } from './workflows.js';

/** Old clients call the first, new ones the second; both are the same. Sockets live under them as well. */
export const PREFIXES = ['/api', '/api/v1'] as const;

const GROUPS: readonly { readonly path: string; readonly routes: readonly Route[] }[] = [
  { path: '/workflows', routes: workflowRoutes },
  { path: '/training', routes: trainingRoutes },
];

export function routeTable(): Router<Route> {
  const router = new Router<Route>();
  for (const route of rootRoutes) router.add(route.method, route.path, route);
  for (const prefix of PREFIXES) {
    for (const { path, routes } of GROUPS) {
      for (const route of routes) router.add(route.method, `${prefix}${path}${route.path}`, route);
    }
  }
  return router;
}
