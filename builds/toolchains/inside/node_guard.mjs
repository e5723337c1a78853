// Takes from foreign code the known ways to look into this process, or to exchange what decides on a result.

import asyncHooks from 'node:async_hooks';
import inspector from 'node:inspector';
import module, { syncBuiltinESMExports } from 'node:module';
import v8 from 'node:v8';
import workerThreads from 'node:worker_threads';

const promiseHooks = { ...v8.promiseHooks }; // node itself goes on using its own
const REFUSED = [
  [inspector.Session.prototype, ['connect', 'connectToMainThread', 'post']],
  [inspector, ['open']],
  [process, ['binding', '_linkedBinding', 'dlopen', '_debugProcess']],
  [v8, ['writeHeapSnapshot', 'getHeapSnapshot', 'setHeapSnapshotNearHeapLimit', 'queryObjects', 'setFlagsFromString']],
  [promiseHooks, ['createHook', 'onInit', 'onBefore', 'onAfter', 'onSettled']],
  [asyncHooks, ['createHook']],
  [module, ['register', 'registerHooks']],
];
const GUARD = '--require=/driver/node_worker.cjs';
const { defineProperty } = Object;
const { construct } = Reflect;

/** Refuse what looks into the process; `tell` is told what was tried. */
export function guard(tell) {
  for (const [owner, names] of REFUSED) {
    for (const name of names) if (name in owner) refuse(owner, name, tell);
  }
  v8.promiseHooks = promiseHooks;
  process.on('SIGUSR1', () => tell('SIGUSR1')); // would start the inspector otherwise
  guardWorkers();
  defineProperty(Promise.prototype, 'constructor', { writable: false, configurable: false }); // else `await` asks `then`
  defineProperty(Promise, Symbol.species, { configurable: false });
  syncBuiltinESMExports();
}

function refuse(owner, name, tell) {
  const value = () => {
    tell(name);
    throw new Error(`${name} is not available while tests run`);
  };
  defineProperty(owner, name, { value, writable: false, configurable: false, enumerable: true });
}

/** Have the threads that foreign code starts guarded too: from one, an inspector can be connected to this one. */
function guardWorkers() {
  const { Worker } = workerThreads;
  const guarded = new Proxy(Worker, {
    construct(target, [file, options], newTarget) {
      const given = options?.execArgv ?? process.execArgv;
      return construct(target, [file, { ...options, execArgv: [GUARD, ...given] }], newTarget === guarded ? target : newTarget);
    },
  });
  defineProperty(Worker.prototype, 'constructor', { value: guarded, writable: false, configurable: false });
  workerThreads.Worker = guarded;
}
