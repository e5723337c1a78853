// Makes JavaScript of TypeScript as node does: types become blanks, so that every line and column stays what it was.

import fs from 'node:fs';
import module from 'node:module';

const TYPED = /\.[cm]?ts$/;
const PLACE = /^[^\n]*:(\d+)\n/; // node says the line only where it shows it

/** Return the text of a file as node runs it.
 *
 * Throws a `SyntaxError` with a `loc`, as acorn does, where types can't be left out: `enum` and its like are more than types.
 */
export function readSource(file) {
  const text = fs.readFileSync(file, 'utf-8');
  if (!TYPED.test(file)) return text;
  const { emitWarning } = process;
  process.emitWarning = () => {}; // that this is an experimental feature is no news of the project's
  try {
    return module.stripTypeScriptTypes(text, { mode: 'strip' });
  } catch (error) {
    const line = Number(PLACE.exec(error.stack)?.[1] ?? 0);
    throw Object.assign(error, { loc: { line, column: 0 } });
  } finally {
    process.emitWarning = emitWarning;
  }
}
