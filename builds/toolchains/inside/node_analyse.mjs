// Runs inside the sandbox: lets eslint loose on the code with rules of our own, measures it, and prints one JSON object.
//
// The code is read, never run. No configuration that the project brings is read, and comments switch nothing off.

import fs from 'node:fs';
import path from 'node:path';
import { ESLint } from '/runtime/node_modules/eslint/lib/api.js';
import { SECURITY } from '/driver/node_security.mjs';
import { measured } from '/driver/node_metrics.mjs';
import { readSource } from '/driver/node_types.mjs';

const CODE = '/tmp/code';
const MAX_FINDINGS = 300;
const MAX_TEXT = 300;

const BUGS = {
  'constructor-super': 2, 'for-direction': 2, 'getter-return': 2, 'no-async-promise-executor': 2, 'no-case-declarations': 2,
  'no-class-assign': 2, 'no-compare-neg-zero': 2, 'no-cond-assign': 2, 'no-const-assign': 2, 'no-constant-binary-expression': 2,
  'no-constant-condition': 2, 'no-dupe-args': 2, 'no-dupe-class-members': 2, 'no-dupe-else-if': 2, 'no-dupe-keys': 2,
  'no-duplicate-case': 2, 'no-empty-pattern': 2, 'no-ex-assign': 2, 'no-fallthrough': 2, 'no-func-assign': 2,
  'no-import-assign': 2, 'no-inner-declarations': 2, 'no-loss-of-precision': 2, 'no-obj-calls': 2,
  'no-prototype-builtins': 2, 'no-self-assign': 2, 'no-self-compare': 2, 'no-setter-return': 2, 'no-shadow-restricted-names': 2,
  'no-sparse-arrays': 2, 'no-this-before-super': 2, 'no-undef': 2, 'no-unmodified-loop-condition': 2, 'no-unreachable': 2,
  'no-unreachable-loop': 2, 'no-unsafe-finally': 2, 'no-unsafe-negation': 2, 'no-unsafe-optional-chaining': 2,
  'no-use-before-define': [2, { functions: false, classes: false, variables: false }], 'no-useless-backreference': 2, 'use-isnan': 2, 'valid-typeof': 2,
  'array-callback-return': 2, 'no-global-assign': 2, 'no-octal': 2, 'no-redeclare': 2, 'no-with': 2, 'require-yield': 2,
};
const STYLE = {
  eqeqeq: [2, 'always', { null: 'ignore' }], 'no-empty': 2, 'no-shadow': 2, 'no-unused-vars': [2, { argsIgnorePattern: '^_' }],
  'no-var': 2, 'no-throw-literal': 2, 'no-param-reassign': 2, 'no-empty-function': 2, 'no-unused-expressions': 2, 'no-useless-catch': 2,
  'no-useless-escape': 2, 'no-extra-boolean-cast': 2, 'default-case-last': 2, 'consistent-return': 2, camelcase: [2, { properties: 'never' }],
  'no-nested-ternary': 2, 'no-implicit-coercion': [2, { boolean: false }], 'max-depth': [2, 4],
};
const SIMPLER = {
  'no-else-return': 2, 'no-lonely-if': 2, 'no-unneeded-ternary': 2, 'no-useless-concat': 2, 'no-useless-constructor': 2,
  'no-useless-return': 2, 'no-useless-rename': 2, 'object-shorthand': 2, 'prefer-const': 2, 'prefer-rest-params': 2, 'prefer-spread': 2,
  'prefer-template': 2, 'prefer-arrow-callback': 2, 'prefer-object-spread': 2, 'logical-assignment-operators': 2, 'no-undef-init': 2,
};
const FAMILIES = [['bug', BUGS], ['style', STYLE], ['simpler', SIMPLER], ['security', SECURITY.rules]];
const GLOBALS = [
  'AbortController', 'AbortSignal', 'Blob', 'Buffer', 'Event', 'EventTarget', 'FormData', 'Headers', 'Request', 'Response',
  'TextDecoder', 'TextEncoder', 'URL', 'URLSearchParams', 'WebAssembly', 'atob', 'btoa', 'clearImmediate', 'clearInterval',
  'clearTimeout', 'console', 'crypto', 'fetch', 'global', 'performance', 'process', 'queueMicrotask', 'setImmediate',
  'setInterval', 'setTimeout', 'structuredClone', '__dirname', '__filename', 'exports', 'module', 'require',
];

function configuration() {
  return {
    files: ['**/*.{js,mjs,cjs,ts,mts,cts}'],
    plugins: { security: SECURITY.plugin },
    languageOptions: { ecmaVersion: 'latest', sourceType: 'module', globals: Object.fromEntries(GLOBALS.map((name) => [name, false])) },
    linterOptions: { noInlineConfig: true, reportUnusedDisableDirectives: 'off' },
    rules: Object.assign({}, ...FAMILIES.map(([, rules]) => rules)),
  };
}

/** Ask eslint, and bring its remarks into the common form; the family goes before the rule's name. */
async function remarks(files) {
  const broken = files.map(copied).filter((each) => each !== null);
  const readable = files.filter((file) => !broken.some((each) => each.file === file));
  if (readable.length === 0) return broken;
  const eslint = new ESLint({
    cwd: CODE, overrideConfigFile: true, overrideConfig: [configuration()], allowInlineConfig: false, ignore: false, cache: false,
  });
  const results = await eslint.lintFiles(readable);
  const found = results.flatMap(({ filePath, messages }) => messages.map((each) => remark(path.relative(CODE, filePath), each)));
  return [...broken, ...found];
}

function remark(file, { ruleId, line, message, fatal }) {
  const family = FAMILIES.find(([, rules]) => Object.hasOwn(rules, ruleId ?? ''))?.[0] ?? 'bug';
  const severity = family === 'security' ? SECURITY.severities[ruleId] : '';
  const rule = fatal || ruleId === null ? 'syntax' : ruleId;
  return { file, line: line ?? 0, rule, family, message: message.slice(0, MAX_TEXT), severity };
}

/** Put a file without its types where eslint reads it; return a remark where that can't be done. */
function copied(file) {
  fs.mkdirSync(path.dirname(`${CODE}/${file}`), { recursive: true });
  try {
    fs.writeFileSync(`${CODE}/${file}`, readSource(`/work/${file}`));
    return null;
  } catch ({ loc, message }) {
    return remark(file, { ruleId: null, line: loc?.line, message });
  }
}

async function attempt(tool) {
  try {
    return { answer: await tool() };
  } catch (error) {
    return { error: `no_answer.${error.name}`.slice(0, MAX_TEXT) };
  }
}

const { code } = JSON.parse(process.argv[2]);
const found = await attempt(() => remarks(code));
const isSecurity = ({ family }) => family === 'security';
const part = (wanted) => (found.answer ? { answer: found.answer.filter((each) => isSecurity(each) === wanted).slice(0, MAX_FINDINGS) } : found);
console.log(JSON.stringify({
  versions: { eslint: ESLint.version, node: process.versions.node },
  eslint: part(false),
  security: part(true),
  metrics: await attempt(() => ({ files: code.map((file) => measured('/work', file)) })),
}));
