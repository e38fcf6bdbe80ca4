// What ArkFlow failed at, done again and right.
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { open } from '../dist/index.js';
import { ExactlyOnceProcessor, FileParts, KeyedState } from '../dist/streams/index.js';
import { TemporaryFolder } from './support/folder.js';
import { MemoryLog, MemorySink, MemorySource } from './support/memory-log.js';

test('X37, X38: a batch with a barrier in the middle neither hangs nor is dropped', async () => {
  const hw = await open('memory:');
  const stream = hw.pipeline('dev/arkflow').stream();
  const rows = Array.from({ length: 20 }, (_, index) => `row ${index}`);
  const log = new MemoryLog();
  const processor = new ExactlyOnceProcessor<string, string>(hw.pipeline('dev/arkflow'), {
    operator: 'copy',
    source: new MemorySource([rows], 10),
    sink: new MemorySink(log),
    parts: new FileParts('never used'),
    policy: { intervalMs: 60_000 },
    process: () => (row, emit) => emit(row),
  });
  const savepoint = processor.savepoint('barrier');
  await processor.run();
  await savepoint;
  assert.deepEqual(log.committed, rows, 'ten rows before the barrier, ten behind it');
  assert.equal((await stream.checkpoint({ savepoint: 'barrier' }))?.acknowledgements[0]?.positions.get('in/0'), 10n);
  await hw.close();
});

test('X39: four checkpoints are completed, listed, kept as many as wanted, and recovered from', async () => {
  using folder = new TemporaryFolder(true);
  const parts = new FileParts(join(folder.path, 'parts'));
  const restored = async (hw: Awaited<ReturnType<typeof open>>) => {
    const start = await hw.pipeline('dev/arkflow').stream().restore();
    return KeyedState.restore(start, { operator: 'count', parts });
  };
  const hw = await open(`file:${folder.path}/state`);
  const stream = hw.pipeline('dev/arkflow').stream();
  await stream.declare({ operators: { count: 1 }, policy: { intervalMs: 0, retain: 3 } });
  const state = await restored(hw);
  for (let round = 1n; round <= 4n; round += 1n) {
    state.value<string, string>('user_count').put('ada', String(round));
    const begun = await stream.trigger();
    assert.ok(begun.kind === 'triggered' && begun.checkpoint === round);
    assert.equal((await stream.acknowledge(round, [await state.snapshot(round)])).status, 'completed');
    state.complete(round);
  }
  await hw.close();

  const later = await open(`file:${folder.path}/state`);
  const numbers: bigint[] = [];
  const checkpoints = later
    .pipeline('dev/arkflow')
    .stream()
    .checkpoints({ statuses: ['completed'] });
  for await (const { checkpoint } of checkpoints) numbers.push(checkpoint);
  assert.deepEqual(numbers, [4n, 3n, 2n]);
  assert.equal((await restored(later)).value('user_count').get('ada'), '4');
  await later.close();
});
