import assert from 'node:assert/strict';
import { load, ports } from './support.mjs';

const Redis = load('ioredis');
const clients = ports.map((port) => new Redis(port, '127.0.0.1'));
const [a, b] = clients;

assert.equal(await a.set('io:a', 'one'), 'OK');
assert.equal(await b.get('io:a'), 'one');
assert.equal(await a.append('io:a', ' two'), 7);

const binary = Buffer.from([0, 13, 10, 255]);
await a.set('io:bytes', binary);
assert.deepEqual(await b.getBuffer('io:bytes'), binary);

// Sent as one pipeline: replies in order.
const sets = Array.from({ length: 300 }, (_, i) => a.set(`io:${i % 10}`, i));
assert.ok((await Promise.all(sets)).every((reply) => reply === 'OK'));
assert.equal(await b.get('io:9'), '299');

const results = await a.pipeline().mset('io:x', 1, 'io:y', 2).mget('io:x', 'io:y', 'io:none').del('io:x', 'io:y').exec();
assert.deepEqual(results, [[null, 'OK'], [null, ['1', '2', null]], [null, 2]]);
await assert.rejects(a.call('NOSUCH'), /unknown command/);

await Promise.all(clients.map((client) => client.quit()));
console.log('ok');
