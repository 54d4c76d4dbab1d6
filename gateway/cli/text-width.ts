/** How many columns a text takes on a terminal. */
import { stripVTControlCharacters } from 'node:util';

/** Characters that take two columns: East Asian wide and fullwidth ones, and emoji (Unicode Standard Annex 11). */
const WIDE =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|[\u{20000}-\u{3fffd}]/u;

/** Combining marks and joiners lie on the character before them. */
const NO_WIDTH = /[\p{Mn}\p{Me}\p{Cf}]/u;

function widthOfCharacter(character: string): number {
  if (NO_WIDTH.test(character)) return 0;
  return WIDE.test(character) ? 2 : 1;
}

/** Columns of a text without line breaks; colours take none. */
export function textWidth(text: string): number {
  let width = 0;
  for (const character of stripVTControlCharacters(text)) width += widthOfCharacter(character);
  return width;
}

export function padEnd(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - textWidth(text)));
}

export function padStart(text: string, columns: number): string {
  return ' '.repeat(Math.max(0, columns - textWidth(text))) + text;
}

/** A colour or another sequence that starts with ESC, or one character. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: ESC begins a colour.
const PIECE = /\u001b\[[0-9;]*m|[\s\S]/gu;

/** Cuts a text to `columns`, with an ellipsis where something is missing. Colours that were begun are ended. */
export function cutTo(text: string, columns: number): string {
  if (textWidth(text) <= columns) return text;
  if (columns < 1) return '';
  let width = 0;
  let kept = '';
  let coloured = false;
  for (const [piece] of text.matchAll(PIECE)) {
    if (piece.length > 1 && piece.startsWith('\u001b')) {
      coloured = true;
      kept += piece;
      continue;
    }
    width += widthOfCharacter(piece);
    if (width > columns - 1) break;
    kept += piece;
  }
  return `${kept}…${coloured ? '\u001b[0m' : ''}`;
}

/** Breaks a text between words into lines of at most `columns`; a longer word keeps a line of its own. */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && textWidth(longer) > columns) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line];
}
