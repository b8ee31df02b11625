import assert from 'node:assert/strict';
import { load, ports } from './support.mjs';

const { createCluster } = load('redis');
const cluster = createCluster({ rootNodes: ports.map((port) => ({ socket: { host: '127.0.0.1', port } })) });
await cluster.connect();

await Promise.all(Array.from({ length: 300 }, (_, i) => cluster.set(`nrc:${i}`, `value ${i}`)));
for (let i = 0; i < 300; i++) {
    assert.equal(await cluster.get(`nrc:${i}`), `value ${i}`);
}
assert.equal(await cluster.del('nrc:0'), 1);
assert.equal(await cluster.get('nrc:0'), null);

await cluster.close();
console.log('ok');
