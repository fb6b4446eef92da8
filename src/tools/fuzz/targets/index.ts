/** All targets, in the order in which they are played. */
import type { Target } from '../target.ts';
import { aclTarget } from './acl.ts';
import { configTarget } from './config.ts';
import { gateTarget } from './gate.ts';
import { helloTarget } from './hello.ts';
import { infoTarget } from './info.ts';
import { repliesTarget } from './replies.ts';
import { savedTarget } from './saved.ts';

export const targets: readonly Target[] = [
  gateTarget,
  repliesTarget,
  helloTarget,
  infoTarget,
  configTarget,
  aclTarget,
  savedTarget,
];
