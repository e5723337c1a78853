// Rewrites the project's functions, inside the sandbox only, so that each first says its name to a hook. The hook notes
// the name, raises, or answers that the function is to do nothing. Prints the names of the exported functions.

import fs from 'node:fs';
import { isFunction, nameOf, readProgram, walk } from '/driver/node_syntax.mjs';

const HOOK = 'globalThis.__agentsite_enter__?.';
const MAX_NAMES = 2000;
const MAX_NAME = 200;

/** Return the names under which a module's own values leave it, for ES modules and the common forms of CommonJS. */
function exportedNames(tree) {
  const found = new Set();
  for (const node of tree.body) {
    if (node.type === 'ExportDefaultDeclaration') found.add(node.declaration.id?.name ?? node.declaration.name ?? 'default');
    if (node.type === 'ExportNamedDeclaration' && !node.source) {
      for (const each of node.specifiers) found.add(each.local.name);
      for (const each of node.declaration?.declarations ?? [node.declaration]) if (each?.id) found.add(each.id.name);
    }
    if (node.type === 'ExpressionStatement' && node.expression.type === 'AssignmentExpression') {
      for (const name of commonNames(node.expression)) found.add(name);
    }
  }
  return found;
}

function commonNames({ left, right }) {
  const isAll = left.object?.name === 'module' && left.property?.name === 'exports';
  if (isAll && right.type === 'ObjectExpression') return right.properties.map((each) => each.value?.name ?? each.key?.name);
  if (isAll) return [right.id?.name ?? right.name ?? 'exports'];
  const isOne = left.object?.name === 'exports' || left.object?.property?.name === 'exports';
  return isOne ? [left.property?.name, right.name] : [];
}

/** Return the outermost name of what a node belongs to, and all names down to it; null inside another function. */
function pathTo(node, parents) {
  const names = [];
  for (const [index, each] of [...parents, node].entries()) {
    if (isFunction(each) && each !== node) return null;
    if (isFunction(each) || each.type === 'ClassDeclaration' || each.type === 'ClassExpression') {
      const name = nameOf(each, index > 0 ? [...parents, node][index - 1] : undefined);
      if (name) names.push(name);
    }
    if (each.type === 'VariableDeclarator' && each.id.name && !isNamedByItsHolder(each.init)) names.push(each.id.name);
  }
  return names;
}

function isNamedByItsHolder(value) {
  return value && (isFunction(value) || value.type === 'ClassExpression');
}

function isEmpty(node) {
  return node.body.type === 'BlockStatement' && node.body.body.length === 0;
}

/** Return the insertions for one function: text by position. */
function insertions(node, parent, name) {
  const call = `${HOOK}(${JSON.stringify(name)})`;
  if (node.body.type !== 'BlockStatement') {
    return [[node.body.start, `(${call} ? undefined : (`], [node.body.end, '))']];
  }
  const directives = node.body.body.filter((each) => each.directive);
  const position = directives.at(-1)?.end ?? node.body.start + 1;
  return [[position, parent?.kind === 'constructor' ? `;${call};` : `;if (${call}) return;`]];
}

/** Rewrite a file and return its exported functions; one that can't be read is left as it is. */
function instrument(file) {
  try {
    return rewritten(file);
  } catch {
    return []; // nested too deep
  }
}

function rewritten(file) {
  const { text, tree } = readProgram(`/work/${file}`);
  if (tree === null) return [];
  const module = file.replace(/^src\//, '').replace(/\.[cm]?js$/, '');
  const exported = exportedNames(tree);
  const functions = [];
  const changes = [];
  walk(tree, (node, parents) => {
    if (!isFunction(node)) return;
    const names = pathTo(node, parents);
    const parent = parents.at(-1);
    const name = `${module}.${(names ?? [nameOf(node, parent) || 'anonymous']).join('.')}`.slice(0, MAX_NAME);
    const isPublic = names?.length > 0 && exported.has(names[0]) && !names.some((each) => /^[#_]/.test(each));
    if (isPublic && !isEmpty(node) && !functions.includes(name)) functions.push(name);
    changes.push(...insertions(node, parent, name));
  });
  fs.writeFileSync(`/work/${file}`, applied(text, changes));
  return functions;
}

function applied(text, changes) {
  const pieces = [];
  let end = 0;
  for (const [position, insertion] of changes.sort(([one], [other]) => one - other)) {
    pieces.push(text.slice(end, position), insertion);
    end = position;
  }
  return [...pieces, text.slice(end)].join('');
}

const { code } = JSON.parse(process.argv[2]);
console.log(JSON.stringify({ functions: code.flatMap(instrument).slice(0, MAX_NAMES) }));
