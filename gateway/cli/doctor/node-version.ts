/** Whether this version of Node is one that Ganglion is made and tested for. */
import type { Finding } from './check.js';

/** The binaries of uWebSockets.js that the registry serves, and everything we build on, come together in these. */
const OLDEST = [20, 19] as const;
const NEWEST_MAJOR = 22;

/** @param version without the `v`, for instance `20.19.0` */
export function nodeVersionFinding(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const supported = `Node ${OLDEST.join('.')} to ${NEWEST_MAJOR} is supported`;
  if (major < OLDEST[0] || (major === OLDEST[0] && minor < OLDEST[1])) {
    return {
      state: 'problem',
      detail: `Node ${version} is too old: ${supported}`,
      remedy: `install Node ${NEWEST_MAJOR}, for instance with \`nvm install ${NEWEST_MAJOR}\` or from https://nodejs.org`,
    };
  }
  if (major > NEWEST_MAJOR) {
    return {
      state: 'problem',
      detail: `Node ${version} is later than what Ganglion is tested with: ${supported}`,
      remedy: `use Node ${NEWEST_MAJOR} (\`nvm install ${NEWEST_MAJOR}\`), or try it with the official uWebSockets.js: npm install uNetworking/uWebSockets.js#v20.67.0`,
    };
  }
  return { state: 'ok', detail: `Node ${version}` };
}
