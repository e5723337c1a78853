// Puts failures into few words: what was expected and got, and the frames inside the project.

import fs from 'node:fs';
import { inspect } from 'node:util';

const WORK = '/work/';
const MAX_MESSAGE = 2 << 10;
const MAX_TRACEBACK = 8 << 10;
const MAX_FRAMES = 30;
const MAX_SHOWN = 300;
const COMPARISONS = new Set(['strictEqual', 'deepStrictEqual', 'equal', 'deepEqual', '==', '===']);
const FRAME = /^ {4}at (?:(.{1,200}?) \()?(?:file:\/\/)?\/work\/([^():]{1,200}):(\d+):\d+\)?$/;

const { readFileSync } = fs;

const fallback = { message: 'an error that cannot be shown', traceback: '' };

/** Return a failure's first line, and its frames inside the project, innermost last, followed by the other lines. */
export function describeError(wrapper) {
  try {
    const isWrapped = wrapper?.code === 'ERR_TEST_FAILURE' && wrapper.cause !== undefined;
    return described(isWrapped ? wrapper.cause : wrapper);
  } catch {
    return fallback; // foreign code may throw anything, also what throws when it is looked at
  }
}

function described(error) {
  if (!(error instanceof Error)) {
    return { message: relative(typeof error === 'string' ? error : shown(error)).slice(0, MAX_MESSAGE), traceback: '' };
  }
  const [first, ...rest] = relative(String(error.message)).split('\n');
  const message = `${error.name}: ${compared(error) ?? first}`;
  const traceback = frames(String(error.stack ?? '')).slice(-MAX_TRACEBACK / 2) + rest.join('\n').slice(0, MAX_TRACEBACK / 2);
  return { message: message.slice(0, MAX_MESSAGE), traceback };
}

/** Say what a comparison expected and got, before the words that its author may have given. */
function compared(error) {
  if (error.code !== 'ERR_ASSERTION' || !COMPARISONS.has(error.operator)) return null;
  const words = error.generatedMessage ? '' : ` (${String(error.message).split('\n', 1)[0]})`;
  return `expected ${shown(error.expected)}, got ${shown(error.actual)}${words}`;
}

function shown(value) {
  const text = inspect(value, { depth: 4, breakLength: Infinity, maxArrayLength: 50, maxStringLength: 1000 });
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}

function frames(stack) {
  const found = stack.split('\n').slice(0, 200).map((line) => FRAME.exec(line)).filter(Boolean);
  const lines = found.slice(0, MAX_FRAMES).reverse();
  return lines
    .map(([, name, file, line]) => `File "${file}", line ${line}, in ${name ?? '<module>'}\n    ${source(file, line)}\n`)
    .join('');
}

function source(file, line) {
  try {
    return readFileSync(WORK + file, 'utf-8').split('\n')[Number(line) - 1].trim().slice(0, MAX_SHOWN);
  } catch {
    return '';
  }
}

/** Leave out where the project lies inside the sandbox. */
function relative(text) {
  return text.replaceAll(`file://${WORK}`, '').replaceAll(WORK, '');
}
