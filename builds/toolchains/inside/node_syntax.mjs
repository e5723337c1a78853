// Reads JavaScript, and what TypeScript is without its types, without running it.

import fs from 'node:fs';
import { readSource } from '/driver/node_types.mjs';
import { parse } from '/runtime/node_modules/acorn/dist/acorn.mjs';

const OPTIONS = { ecmaVersion: 'latest', locations: true, allowHashBang: true, allowReturnOutsideFunction: true };

/** Return a file's text, and its tree: of a module where it can be one, else of a script.
 *
 * One that is neither has no tree, but what is the problem with it.
 */
export function readProgram(file, more = {}) {
  let problem = null;
  let text = '';
  try {
    text = readSource(file);
  } catch (error) {
    return { text: fs.readFileSync(file, 'utf-8'), tree: null, problem: error };
  }
  for (const sourceType of ['module', 'script']) {
    try {
      return { text, tree: parse(text, { ...OPTIONS, sourceType, ...more }), problem: null };
    } catch (error) {
      problem ??= error;
      more.onToken?.splice?.(0);
    }
  }
  return { text, tree: null, problem };
}

/** Say in brackets which of some files is the first that is no program, and where; nothing when all are. */
export function firstBroken(files) {
  for (const file of files) {
    const { problem } = readProgram(`/work/${file}`);
    if (problem !== null) return ` (${file}, line ${problem.loc?.line ?? '?'})`;
  }
  return '';
}

/** Call `enter` with each node and its parents, outermost first; what `leave` is called with has been walked. */
export function walk(root, enter, leave = () => {}) {
  const parents = [];
  const visit = (node) => {
    enter(node, parents);
    parents.push(node);
    for (const value of Object.values(node)) {
      for (const each of Array.isArray(value) ? value : [value]) {
        if (typeof each?.type === 'string' && typeof each.start === 'number') visit(each);
      }
    }
    parents.pop();
    leave(node);
  };
  visit(root);
}

export function isFunction(node) {
  return ['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression'].includes(node.type);
}

/** Return the name that a reader would give a function or class; empty where it has none. */
export function nameOf(node, parent) {
  if (node.id) return node.id.name;
  const holder = { MethodDefinition: 'key', PropertyDefinition: 'key', Property: 'key', VariableDeclarator: 'id' };
  const key = parent?.[holder[parent?.type]];
  if (parent?.type === 'AssignmentExpression') return parent.left.property?.name ?? parent.left.name ?? '';
  if (parent?.type === 'ExportDefaultDeclaration') return 'default';
  if (!key || parent.computed) return '';
  return key.type === 'PrivateIdentifier' ? `#${key.name}` : String(key.name ?? key.value ?? '');
}
