/** For tests: what a terminal shows after it was written to. Knows the few sequences that we send. */

/** @throws Error for a sequence that it does not know, or a cursor above the first line */
export function screenAfter(text: string): string[] {
  const lines: string[] = [''];
  let row = 0;
  let column = 0;
  // biome-ignore lint/suspicious/noControlCharactersInRegex: ESC begins a sequence.
  for (const [piece] of text.matchAll(/\u001b\[[0-9;]*[A-Za-z]|[\s\S]/gu)) {
    const [, count = '', command] = /^.\[([0-9;]*)([A-Za-z])$/u.exec(piece) ?? [];
    if (piece === '\n') {
      row += 1;
      column = 0;
      if (row === lines.length) lines.push('');
    } else if (piece === '\r') column = 0;
    else if (command === undefined) {
      lines[row] = lines[row]!.padEnd(column).slice(0, column) + piece + lines[row]!.slice(column + piece.length);
      column += piece.length;
    } else if (command === 'A') {
      row -= Number(count);
      if (row < 0) throw new Error('the cursor left the screen');
    } else if (command === 'K') lines[row] = lines[row]!.slice(0, column);
    else if (command === 'J') {
      lines[row] = lines[row]!.slice(0, column);
      lines.length = row + 1;
    } else if (command !== 'm') throw new Error(`an unknown sequence: ${JSON.stringify(piece)}`);
  }
  return lines;
}
