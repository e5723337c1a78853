// Knows which test runs, and keeps the objects of node's test machinery out of foreign code's reach.

import asyncHooks from 'node:async_hooks';

const { AsyncResource, createHook, executionAsyncResource } = asyncHooks;
const { runInAsyncScope } = AsyncResource.prototype;
const { create, defineProperties, defineProperty, freeze, isFrozen, prototype } = Object;
const { getOwnPropertyDescriptor, getOwnPropertyDescriptors, getPrototypeOf, setPrototypeOf } = Object;
const { apply, ownKeys } = Reflect;

/** Give a collection its methods for its own: foreign code may exchange the common ones, and be handed what it holds. */
export function closed(collection) {
  const { size, ...methods } = getOwnPropertyDescriptors(getPrototypeOf(collection));
  return defineProperties(collection, methods);
}

const owners = closed(new WeakMap());
let root = null;
let Test = null;

/** Know at any moment which test runs, also after it has waited for something, and when tests run side by side. */
export function followTests() {
  createHook({
    init(_id, _type, _trigger, resource) {
      if (root === null && resource?.constructor?.name === 'Test') begin(resource);
      const current = executionAsyncResource();
      if (Test !== null && resource instanceof Test) {
        close(resource);
        owners.set(resource, resource);
      } else if (current && owners.has(current)) {
        owners.set(resource, owners.get(current));
      }
    },
  }).enable();
}

/** Take the first test for what it is, the root of all; no foreign code has been loaded yet. */
function begin(resource) {
  root = resource;
  Test = resource.constructor;
  const base = { ...getOwnPropertyDescriptors(AsyncResource.prototype), runInAsyncScope: { value: runAside } };
  setPrototypeOf(Test.prototype, freeze(create(null, base))); // so that nothing added to Object.prototype is asked
}

/** Run foreign code below a test, not as the test itself: what runs can be asked for. */
function runAside(fn, context, ...rest) {
  close(context);
  const inside = () => {
    const aside = new AsyncResource('TestCode');
    owners.set(aside, this);
    return apply(runInAsyncScope, aside, [fn, context, ...rest]);
  };
  return apply(runInAsyncScope, this, [inside]);
}

/** Freeze the classes of an object of the test machinery, when the first of them comes. */
function close(object) {
  let each = getPrototypeOf(object);
  for (; each !== null && each !== prototype && !isFrozen(each); each = getPrototypeOf(each)) {
    freeze(each.constructor);
    lock(each);
  }
}

/** Freeze what objects inherit from; an object may still get its own of each, as node does with hooks. */
function lock(object) {
  for (const name of ownKeys(object)) {
    const { value, writable } = getOwnPropertyDescriptor(object, name);
    if (!writable || name === 'constructor') continue;
    const set = function (own) {
      defineProperty(this, name, { value: own, writable: true, configurable: true });
    };
    defineProperty(object, name, { get: () => value, set });
  }
  freeze(object);
}

/** Return the root of all tests. */
export function rootTest() {
  return root;
}

/** Hand over what the test machinery tells at once, before any stream, whose methods are everybody's. */
export function hear(take) {
  const { reporter } = root;
  const { emit, push } = reporter;
  const hearOne = (event) => {
    take(event);
    return event === null ? apply(push, reporter, [null]) : true;
  };
  defineProperty(reporter, 'push', { value: hearOne });
  defineProperty(reporter, 'emit', { value: emit });
  freeze(getPrototypeOf(reporter));
}

/** Return the place of the running test or hook among its siblings and parents; null while files are loaded. */
export function runningPlace() {
  const owner = owners.get(executionAsyncResource());
  if (owner === undefined || owner.reportedType === 'suite') return null;
  if (owner.hookType !== undefined) return placeOf(owner.parentTest);
  return owner.parent ? placeOf(owner) : null;
}

function placeOf(owner) {
  let place = '';
  for (let each = owner; each?.parent; each = each.parent) place = place ? `${each.testNumber}.${place}` : `${each.testNumber}`;
  return place;
}
