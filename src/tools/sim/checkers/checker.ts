/** Checkers are made for a world, and see its Sentinels through the observer. */
import type { Checker } from '../observer.ts';
import type { World } from '../world.ts';

export type MakeChecker = (world: World) => Checker;
