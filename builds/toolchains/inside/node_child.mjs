// Runs beside foreign code, once for each test file: loads the file, and tells the parent process of each test.
//
// The same module is the program that node starts and the reporter that node:test calls. What foreign code could
// replace is taken before it is loaded.

import assert from 'node:assert';
import asyncHooks from 'node:async_hooks';
import fs from 'node:fs';
import inspector from 'node:inspector';
import { syncBuiltinESMExports } from 'node:module';
import path from 'node:path';
import test, { after, beforeEach } from 'node:test';
import { pathToFileURL } from 'node:url';
import { describeError } from '/driver/node_failures.mjs';
import { hooksOf, letThrough } from '/driver/node_hooks.mjs';
import { held } from '/driver/node_order.mjs';

const WORK = '/work/';
const MAX_ID = 300;
const MAX_FUNCTIONS = 500;

const { readSync, writeSync } = fs;
const { assign, create, setPrototypeOf } = Object;
const { alloc, from: bytesOf } = Buffer;
const { executionAsyncResource } = asyncHooks;
const { stringify } = JSON;
const { reallyExit } = process;

let given = null;
let isLoaded = false;
const loadProblems = [];
const called = new Map();
const returned = new Map();

function say(message) {
  if (given === null) return;
  if (message.functions) setPrototypeOf(message.functions, null); // so that no toJSON of theirs is asked
  if (message.types) setPrototypeOf(message.types, null);
  const line = bytesOf(`${given.token}${stringify(assign(create(null), message))}\n`);
  let start = 0;
  while (start < line.length) start += writeSync(given.report, line, start);
}

function finishTest(entry) {
  say({ kind: 'test', ...entry });
  readSync(given.acknowledge, alloc(1));
}

let isClaimed = false;
let announcedAny = false;

/** Hand the events to whoever asks first, which is node:test: foreign code is loaded later. */
export default (source) => {
  if (isClaimed) throw new Error('there is a reporter already');
  isClaimed = true;
  return results(source);
};

/** Turn the events of node:test, which come in the order of the tests, into results. */
async function* results(source) {
  const names = [];
  const places = [];
  const known = new Map();
  let announced = 0;
  let extra = 0;
  const tell = (entry) => {
    const count = (known.get(entry.id) ?? 0) + 1;
    known.set(entry.id, count);
    finishTest({ ...entry, id: count > 1 ? `${entry.id} #${count}` : entry.id });
  };
  for await (const { type, data } of source) {
    announcedAny = true;
    if (type === 'test:start') {
      enterTest(data, names, places);
    } else if (type === 'test:pass' || type === 'test:fail') {
      const isSuite = data.details.type === 'suite';
      if (isSuite && !failedItself(type, data)) continue;
      extra += isSuite ? 1 : 0;
      tell(result(type, data, names.slice(0, data.nesting + 1), places.slice(0, data.nesting + 1)));
    } else if (type === 'test:diagnostic' && data.nesting === 0) {
      announced = Number(/^tests (\d+)$/.exec(data.message)?.[1] ?? announced);
      if (/^Error: .*asynchronous activity/.test(data.message)) {
        extra += 1;
        tell(fileFailure({ message: data.message, traceback: '' }));
      }
    }
  }
  if (!isLoaded) loadProblems.push({ message: 'Error: the file waits for something that never comes', traceback: '' });
  for (const problem of loadProblems) {
    extra += 1;
    tell(fileFailure(problem));
  }
  say({ kind: 'finished', count: announced + extra });
}

/** Keep the names of the running tests, outermost first, and the place of each among its siblings. */
function enterTest({ nesting, name }, names, places) {
  names.length = nesting;
  names.push(name);
  places.length = nesting + 1;
  places[nesting] = (places[nesting] ?? 0) + 1;
}

function failedItself(type, data) {
  return type === 'test:fail' && data.details.error?.failureType !== 'subtestsFailed';
}

function result(type, data, names, places) {
  const error = data.details.error;
  const isAside = data.skip !== undefined || data.todo !== undefined;
  let outcome = type === 'test:pass' ? 'passed' : 'failed';
  if (['hookFailed', 'cancelledByParent'].includes(error?.failureType)) outcome = 'error';
  if (isAside) outcome = 'skipped';
  const reason = [data.skip, data.todo].find((each) => typeof each === 'string') ?? '';
  const told = error && !isAside ? describeError(error) : { message: reason, traceback: '' };
  return {
    ...entryOf(`${given.file}::${names.join(' > ')}`, outcome, told),
    duration_seconds: Math.max(0, Number(data.details.duration_ms) / 1000) || 0,
    functions: functionsOf(places),
    types: typesSeen(),
  };
}

function fileFailure(told) {
  return entryOf(given.file, 'error', told);
}

function entryOf(id, outcome, told) {
  const start = { id: id.slice(0, MAX_ID - 8), path: given.file, outcome, duration_seconds: 0, functions: [], types: [] };
  return { ...start, message: told.message, traceback: told.traceback };
}

/** What a test called, with what the hooks of its suites called for it. */
function functionsOf(places) {
  const found = new Set();
  for (let length = 0; length <= places.length; length += 1) {
    for (const name of called.get(places.slice(0, length).join('.')) ?? []) found.add(name);
  }
  return [...found].sort().slice(0, MAX_FUNCTIONS);
}

/** Return the types of the results since the last test, each after its function. */
function typesSeen() {
  const seen = [...returned].flatMap(([name, types]) => [...types].map((type) => `${name} ${type}`));
  returned.clear();
  return seen.slice(0, MAX_FUNCTIONS);
}

/** Know at any moment which test runs, also after it has waited for something, and when tests run side by side. */
const owners = new WeakMap();
let root = null;

function followTests() {
  asyncHooks
    .createHook({
      init(_id, _type, _trigger, resource) {
        const kind = resource?.constructor?.name;
        const current = executionAsyncResource();
        if (kind === 'Test') root ??= resource;
        if (kind === 'Test' || kind === 'TestHook' || kind === 'Suite') owners.set(resource, resource);
        else if (current && owners.has(current)) owners.set(resource, owners.get(current));
      },
    })
    .enable();
}

/** Return the place of the running test or hook among its siblings and parents; null while files are loaded. */
function runningPlace() {
  const owner = owners.get(executionAsyncResource());
  const kind = owner?.constructor?.name;
  if (kind === 'TestHook') return placeOf(owner.parentTest);
  return kind === 'Test' && owner.parent ? placeOf(owner) : null;
}

function placeOf(owner) {
  const numbers = [];
  for (let each = owner; each?.parent; each = each.parent) numbers.unshift(each.testNumber);
  return numbers.join('.');
}

function refuse() {
  throw new Error('not available while tests run');
}

/** Keep foreign code from replacing what its tests compare with, and from the plain ways to look into this module. */
function protect() {
  for (const name of ['connect', 'connectToMainThread', 'post']) {
    Object.defineProperty(inspector.Session.prototype, name, { value: refuse });
  }
  for (const name of ['binding', '_linkedBinding', 'dlopen', '_debugProcess']) {
    Object.defineProperty(process, name, { value: refuse });
  }
  inspector.open = refuse;
  const state = { place: runningPlace, isLoaded: () => isLoaded, called, returned };
  Object.defineProperty(globalThis, '__agentsite__', { value: hooksOf(given, state) });
  for (const each of [assert, assert.strict]) {
    Object.assign(each, { throws: letThrough(each.throws), rejects: letThrough(each.rejects) });
  }
  syncBuiltinESMExports();
  for (const each of [assert, assert.strict, assert.AssertionError.prototype, test]) Object.freeze(each);
}

/** Describe why a file could not be loaded; node keeps to itself where a syntax error is. */
async function described(error) {
  const told = describeError(error);
  if (!(error instanceof SyntaxError) || told.traceback) return told;
  const { firstBroken } = await import('/driver/node_syntax.mjs');
  return { ...told, message: `${told.message}${firstBroken([...given.code, given.file])}` };
}

/** Tell of an error that comes from below, as those of CommonJS modules do, before any test: node ends after it. */
function endBroken(error) {
  if (announcedAny) return;
  finishTest(fileFailure(describeError(error)));
  say({ kind: 'finished', count: 1 });
  reallyExit(1);
}

async function main() {
  given = JSON.parse(fs.readFileSync(0, 'utf-8'));
  followTests();
  protect();
  after(() => {}); // so that a file without tests is reported on too
  const letRun = given.seed || given.kind !== 'plain' ? held(root) : () => {}; // all sessions alike
  process.prependListener('uncaughtException', endBroken);
  beforeEach(({ fullName }) => say({ kind: 'started', id: `${given.file}::${fullName}`.slice(0, MAX_ID - 8) }));
  while (!isClaimed) await new Promise(setImmediate);
  process.argv.splice(1, 1, path.join(WORK, given.file));
  try {
    await import(pathToFileURL(path.join(WORK, given.file)).href);
  } catch (error) {
    process.exitCode = 1;
    loadProblems.push(await described(error));
  }
  isLoaded = true;
  await new Promise(setImmediate); // by then all tests of the file have been announced
  letRun(given);
}

if (process.argv[1] === '/driver/node_child.mjs' && process.argv[2] === 'tests') void main(); // a reporter is loaded only when this module is complete
