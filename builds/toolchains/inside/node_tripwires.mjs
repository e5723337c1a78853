// Finds code that asks whether it is being tested; it is read, not run.

import { walk } from '/driver/node_syntax.mjs';

const ANYWHERE = ['__agentsite', '/driver', '/runtime', 'NODE_V8_COVERAGE', 'NODE_TEST_CONTEXT'];
const IN_CODE = ['node:test', 'node:assert'];
const MAX_FOUND = 20;

/** Return `file:line what` for what no honest project needs. */
export function tripwires(file, tree, isCode) {
  const words = isCode ? [...ANYWHERE, ...IN_CODE] : ANYWHERE;
  const found = new Set();
  walk(tree, (node) => {
    const said = node.type === 'TemplateElement' ? node.value.cooked : (node.name ?? node.value);
    const word = typeof said === 'string' && words.find((each) => isNamed(said, each));
    if (word) found.add(`${file}:${node.loc.start.line} ${word}`);
  });
  return [...found].slice(0, MAX_FOUND);
}

/** Say whether a text means a word: it is the word, or goes on after it as a path or a longer name does. */
function isNamed(text, word) {
  return text === word || ['/', '.', '_'].some((next) => text.startsWith(word + next));
}
