import assert from 'node:assert/strict';
import { load, ports } from './support.mjs';

const { Cluster } = load('ioredis');
const cluster = new Cluster(ports.map((port) => ({ host: '127.0.0.1', port })), { scaleReads: 'all' });

await Promise.all(Array.from({ length: 300 }, (_, i) => cluster.set(`ioc:${i}`, `value ${i}`)));
for (let i = 0; i < 300; i++) {
    assert.equal(await cluster.get(`ioc:${i}`), `value ${i}`);
}
assert.equal(cluster.nodes().length, 3);
assert.equal(await cluster.del('ioc:0'), 1);
assert.equal(await cluster.get('ioc:0'), null);
assert.equal(await cluster.mset('{ioc}:a', 1, '{ioc}:b', 2), 'OK');
assert.deepEqual(await cluster.mget('{ioc}:a', '{ioc}:b'), ['1', '2']);

await cluster.quit();
console.log('ok');
