#!/usr/bin/env node
// What npm runs before it makes a package (npm pack, an installation from git): dist/ as src/ is
// now, and nothing else.

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { orExit, root, setUp } from './setup.js';

rmSync(join(root, 'dist'), { recursive: true, force: true });
orExit(() => setUp({ redis: [] }));
