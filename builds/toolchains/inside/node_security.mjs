// Rules of our own for what is dangerous in a program that nobody has read; each is a selector over the syntax tree.

const RULES = [
  ['eval', 'high', "CallExpression[callee.name='eval']", 'eval runs any text as code'],
  ['new-function', 'high', "NewExpression[callee.name='Function'], CallExpression[callee.name='Function']", 'Function() runs any text as code'],
  ['vm', 'high', importOf('vm'), 'the vm module runs any text as code'],
  ['child-process', 'medium', importOf('child_process'), 'child_process starts other programs'],
  ['shell', 'high', 'CallExpression[callee.name=/^execSync$|^exec$/], CallExpression[callee.property.name=/^execSync$/]', 'a shell reads the whole command'],
  ['shell-option', 'high', "Property[key.name='shell'][value.value=true]", 'a shell reads the whole command'],
  ['implied-eval', 'high', "CallExpression[callee.name=/^set(Timeout|Interval)$/][arguments.0.type='Literal'], CallExpression[callee.name=/^set(Timeout|Interval)$/][arguments.0.type='TemplateLiteral']", 'a text given to a timer is run as code'],
  ['dynamic-import', 'medium', "ImportExpression[source.type!='Literal'], CallExpression[callee.name='require'][arguments.0.type!='Literal']", 'which module is loaded depends on data'],
  ['dynamic-pattern', 'low', "NewExpression[callee.name='RegExp'][arguments.0.type!='Literal']", 'a pattern made from data can be very slow'],
  ['prototype', 'medium', "MemberExpression[property.name='__proto__']", '__proto__ changes what all objects share'],
  ['weak-hash', 'medium', "CallExpression[callee.property.name='createHash'][arguments.0.value=/^(md5|sha1)$/i], CallExpression[callee.name='createHash'][arguments.0.value=/^(md5|sha1)$/i]", 'md5 and sha1 are broken'],
  ['weak-random', 'low', "CallExpression[callee.object.name='Math'][callee.property.name='random']", 'Math.random can be foretold; use node:crypto for secrets'],
  ['no-certificate', 'high', "Property[key.name='rejectUnauthorized'][value.value=false]", 'any server is believed'],
  ['any-interface', 'low', "CallExpression[callee.property.name='listen'][arguments.1.value='0.0.0.0']", 'the whole network can reach this'],
  ['inner-html', 'medium', "AssignmentExpression[left.property.name=/^(innerHTML|outerHTML)$/]", 'text becomes markup'],
  ['native-addon', 'high', "MemberExpression[object.name='process'][property.name=/^(binding|dlopen|_linkedBinding)$/]", 'this reaches below node'],
];

function importOf(name) {
  const value = `/^(node:)?${name}$/`;
  return `ImportDeclaration[source.value=${value}], ImportExpression[source.value=${value}], CallExpression[callee.name='require'][arguments.0.value=${value}]`;
}

function ruleOf(selector, message) {
  return { meta: { schema: [] }, create: (context) => ({ [selector]: (node) => context.report({ node, message }) }) };
}

export const SECURITY = {
  plugin: { rules: Object.fromEntries(RULES.map(([name, , selector, message]) => [name, ruleOf(selector, message)])) },
  rules: Object.fromEntries(RULES.map(([name]) => [`security/${name}`, 2])),
  severities: Object.fromEntries(RULES.map(([name, severity]) => [`security/${name}`, severity])),
};
