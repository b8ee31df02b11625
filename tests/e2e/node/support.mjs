// npm's packages from NODE_PATH (import does not look there), the ports, and an end when something hangs.
import { createRequire } from 'node:module';

export const load = createRequire(process.env.NODE_PATH + '/');
export const ports = process.argv.slice(2).map(Number);

setTimeout(() => {
    console.error('no end after 60 s');
    process.exit(1);
}, 60000).unref();
