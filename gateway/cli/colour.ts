/** Colour for people, none for files and pipes. */
import { styleText } from 'node:util';
import type { Output, Surroundings } from './surroundings.js';

/** What the colours mean here. */
const STYLES = {
  good: 'green',
  bad: 'red',
  warning: 'yellow',
  accent: 'cyan',
  title: 'bold',
  quiet: 'dim',
} as const;

export type Style = keyof typeof STYLES;

export type Paint = (style: Style, text: string) => string;

export const plainPaint: Paint = (_style, text) => text;

const colouredPaint: Paint = (style, text) => {
  // Newer versions of Node would look at process.stdout themselves; which stream it goes to is known here only.
  return text === '' ? '' : styleText(STYLES[style], text, { validateStream: false });
};

/** See no-color.org and force-color.org: a variable that is set and not empty counts. */
export function paintFor(output: Output, environment: Surroundings['environment']): Paint {
  if (environment['NO_COLOR']) return plainPaint;
  const forced = environment['FORCE_COLOR'];
  if (forced) return forced === '0' ? plainPaint : colouredPaint;
  return isRedrawable(output, environment) ? colouredPaint : plainPaint;
}

/** Whether the cursor can be moved: lines are then drawn anew in place. */
export function isRedrawable(output: Output, environment: Surroundings['environment']): boolean {
  return output.isTerminal && environment['TERM'] !== 'dumb';
}
