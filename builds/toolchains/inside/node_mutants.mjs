// Lists the small mistakes that can be made at one place of a program: the kinds are those of `mutants.py`.

const OTHER = {
  ...{ '<': ['<=', '>'], '<=': ['<', '>'], '>': ['>=', '<'], '>=': ['>', '<'] },
  ...{ '===': ['!=='], '!==': ['==='], '==': ['!='], '!=': ['=='] },
  ...{ '+': ['-'], '-': ['+'], '*': ['+'], '/': ['*'], '%': ['*'], '**': ['*'] },
  ...{ '&': ['|'], '|': ['&'], '<<': ['>>'], '>>': ['<<'], '>>>': ['<<'] },
  ...{ '&&': ['||'], '||': ['&&'], '??': ['&&'] },
  ...{ '+=': ['-='], '-=': ['+='], '*=': ['+='], '/=': ['*='], '%=': ['*='], '**=': ['*='], '|=': ['&='], '&=': ['|='] },
};
const MAX_WORDS = 120;
const NOT_ENTERED = new Set(['ThrowStatement', 'TemplateLiteral', 'ImportExpression']);

/** Return the mistakes at a node: which part they take the place of, what stands there then, and in words. */
export function mistakes(node, parents, text) {
  if (parents.some((each) => NOT_ENTERED.has(each.type))) return [];
  const parent = parents.at(-1);
  const source = (part) => text.slice(part.start, part.end);
  const found = MAKERS[node.type]?.(node, parent, source) ?? [];
  const isResult = parent.type === 'ArrowFunctionExpression' && parent.body === node && node.type !== 'BlockStatement';
  return isResult ? [...found, other(node, source)] : found;
}

function mistake(node, source, replacement, words) {
  return { node, replacement, what: `${source(node)}: ${words}`.replace(/\s+/g, ' ').slice(0, MAX_WORDS) };
}

function operator(node, _parent, source) {
  const isText = [node.left, node.right].some((each) => typeof each.value === 'string' || each.type === 'TemplateLiteral');
  if (isText && ['+', '+='].includes(node.operator)) return [];
  const left = node.type === 'AssignmentExpression' ? source(node.left) : `(${source(node.left)})`;
  return (OTHER[node.operator] ?? []).map((sign) =>
    mistake(node, source, `${left} ${sign} (${source(node.right)})`, `${node.operator} → ${sign}`),
  );
}

function update(node, _parent, source) {
  const sign = node.operator === '++' ? '--' : '++';
  const replacement = node.prefix ? `${sign}${source(node.argument)}` : `${source(node.argument)}${sign}`;
  return [mistake(node, source, replacement, `${node.operator} → ${sign}`)];
}

function negation(node, _parent, source) {
  return node.operator === '!' ? [mistake(node, source, `Boolean(${source(node.argument)})`, '! left out')] : [];
}

function literal(node, parent, source) {
  const isName = (parent.key === node && !parent.computed) || parent.directive !== undefined || parent.source === node;
  const { value } = node;
  let replacement = null;
  if (typeof value === 'boolean') replacement = String(!value);
  if (typeof value === 'number') replacement = String(value + 1);
  if (typeof value === 'string' && value) replacement = JSON.stringify(`${value}?`);
  return isName || replacement === null ? [] : [mistake(node, source, replacement, `→ ${replacement}`)];
}

function other(node, source) {
  return mistake(node, source, `globalThis.__agentsite__.other(${source(node)})`, 'result → something else');
}

function condition(node, _parent, source) {
  return node.test ? [mistake(node.test, source, `!(${source(node.test)})`, 'negated')] : [];
}

function statement({ expression }, _parent, source) {
  const call = expression.type === 'AwaitExpression' ? expression.argument : expression;
  const isCall = call.type === 'CallExpression' && call.callee.type !== 'Super';
  return isCall ? [mistake(expression, source, 'undefined', 'left out')] : [];
}

const MAKERS = {
  BinaryExpression: operator,
  LogicalExpression: operator,
  AssignmentExpression: operator,
  UpdateExpression: update,
  UnaryExpression: negation,
  Literal: literal,
  ReturnStatement: (node, _parent, source) => (node.argument ? [other(node.argument, source)] : []),
  IfStatement: condition,
  WhileStatement: condition,
  DoWhileStatement: condition,
  ForStatement: condition,
  ConditionalExpression: condition,
  ExpressionStatement: statement,
};
