// Loaded first by a thread that foreign code starts: from one, an inspector can be connected to the tests' thread.

'use strict';

const { Session } = require('node:inspector');
const moduleLoader = require('node:module');
const workerThreads = require('node:worker_threads');

function refuse() {
  throw new Error('not available while tests run');
}

const refused = [[Session.prototype, 'connectToMainThread'], [moduleLoader, 'register'], [workerThreads, 'Worker']];
for (const [owner, name] of refused) {
  Object.defineProperty(owner, name, { value: refuse, writable: false, configurable: false });
}
moduleLoader.syncBuiltinESMExports();
