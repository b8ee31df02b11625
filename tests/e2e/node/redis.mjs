import assert from 'node:assert/strict';
import { load, ports } from './support.mjs';

const { createClient } = load('redis');

// RESP 2 and 3 through two nodes.
const a = await createClient({ socket: { host: '127.0.0.1', port: ports[0] } }).connect();
const b = await createClient({ socket: { host: '127.0.0.1', port: ports[1] }, RESP: 3 }).connect();

assert.equal(await a.set('nr:a', 'one'), 'OK');
assert.equal(await b.get('nr:a'), 'one');
assert.equal(await b.get('nr:none'), null);
assert.equal(await b.append('nr:a', ' two'), 7);
assert.deepEqual(await b.mGet(['nr:a', 'nr:none']), ['one two', null]);
assert.ok((await Promise.all(Array.from({ length: 300 }, (_, i) => b.set('nr:b', i.toString())))).every(Boolean));
assert.equal(await a.get('nr:b'), '299');
assert.equal(await a.del(['nr:a', 'nr:b']), 2);
await assert.rejects(b.sendCommand(['NOSUCH']), /unknown command/);

await Promise.all([a.close(), b.close()]);
console.log('ok');
