import { build } from './build.mjs';

/** Actor hosts are real worker threads that load the built bundle: build it before any test runs. */
export default async function setup() {
  await build();
}
