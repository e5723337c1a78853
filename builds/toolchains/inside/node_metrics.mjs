// Measures files of JavaScript, without running them, with the formulas that are used for Python.

import { isFunction, nameOf, readProgram, walk } from '/driver/node_syntax.mjs';

const MAX_FUNCTIONS = 500;
const BRANCHES = new Set([
  'IfStatement', 'ConditionalExpression', 'ForStatement', 'ForInStatement', 'ForOfStatement', 'WhileStatement',
  'DoWhileStatement', 'CatchClause', 'LogicalExpression',
]);

/** Measure one file; one that is no JavaScript gives its lines only. */
export function measured(folder, file) {
  const words = [];
  const { text, tree } = readProgram(`${folder}/${file}`, { onToken: words });
  if (tree === null) return { file, lines: text.split('\n').filter((line) => line.trim()).length, index: null, functions: [] };
  words.pop(); // the end of the file
  const coded = new Set(words.flatMap(({ loc }) => range(loc.start.line, loc.end.line)));
  const functions = functionsOf(tree, coded);
  const complexity = functions.reduce((sum, each) => sum + each.complexity, 0) || 1;
  const index = maintainability(volume(words, text), complexity, coded.size);
  return { file, lines: coded.size, index, functions: functions.slice(0, MAX_FUNCTIONS) };
}

function range(from, to) {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

/** Return N·log2(n): the number of words in the program times the bits that one of them takes. */
function volume(words, text) {
  const different = new Set(words.map(({ start, end }) => text.slice(start, end)));
  return different.size > 1 ? words.length * Math.log2(different.size) : 0;
}

/** Return the classic index, scaled to 0-100: 171 - 5.2·ln V - 0.23·CC - 16.2·ln LOC. */
function maintainability(size, complexity, lines) {
  const raw = 171 - 5.2 * Math.log(Math.max(size, 1)) - 0.23 * complexity - 16.2 * Math.log(Math.max(lines, 1));
  return Math.round(Math.max(0, Math.min(100, (raw * 100) / 171)) * 10) / 10;
}

/** Return each function's complexity, length and number of parameters; branches count for the innermost function. */
function functionsOf(tree, coded) {
  const found = [];
  const open = [];
  walk(tree, (node, parents) => {
    if (isFunction(node)) open.push(begun(node, parents.at(-1), coded));
    else if (open.length > 0 && isBranch(node)) open.at(-1).complexity += 1;
  }, (node) => {
    if (isFunction(node)) found.push(open.pop());
  });
  return found.sort((one, other) => one.line - other.line);
}

function begun(node, parent, coded) {
  const { start, end } = node.loc;
  const length = range(start.line, end.line).filter((line) => coded.has(line)).length;
  const name = nameOf(node, parent) || '(anonymous)';
  return { name: name.slice(0, 100), line: start.line, complexity: 1, length, parameters: node.params.length };
}

function isBranch(node) {
  return BRANCHES.has(node.type) || (node.type === 'SwitchCase' && node.test !== null);
}
