// Says what functions are called, and which of them leave their module.

import { isFunction, nameOf } from '/driver/node_syntax.mjs';

const MAX_NAME = 200;

/** Return the dotted name of a module. */
export function moduleOf(file) {
  return file.replace(/^src\//, '').replace(/\.[cm]?[jt]s$/, '');
}

/** Return a function's name with its module, and whether that is a public one: exported, and not marked as private. */
export function named(node, parents, module, exported) {
  const names = pathTo(node, parents);
  const own = (names ?? [nameOf(node, parents.at(-1)) || 'anonymous']).join('.');
  const isPublic = names?.length > 0 && exported.has(names[0]) && !names.some((each) => /^[#_]/.test(each));
  return { name: `${module}.${own}`.slice(0, MAX_NAME), isPublic };
}

/** Return the names under which a module's own values leave it, for ES modules and the common forms of CommonJS. */
export function exportedNames(tree) {
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
