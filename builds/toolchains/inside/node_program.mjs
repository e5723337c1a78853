// Loaded first by a program that a test starts: its functions are stubs from the beginning.

import { answerOf, otherThan } from '/driver/node_answers.mjs';

const { kind, number, types } = JSON.parse(process.env.AGENTSITE_SESSION ?? '{}');

globalThis.__agentsite__ = {
  enter(_name, isConstructor = false) {
    if (kind === 'raise') throw new Error('stub');
    return !isConstructor && (kind === 'neutral' || kind === 'contrary');
  },
  leave: (_name, value) => value,
  is: (each) => kind === 'mutant' && each === number,
  answer: (name) => answerOf(kind, types[name]),
  other: otherThan,
};
