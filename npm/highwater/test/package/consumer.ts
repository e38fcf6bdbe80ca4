// What a strict TypeScript project sees of the package; compiled and run by scripts/test-package.mjs.
import assert from 'node:assert/strict';
import {
  type Attempt,
  Decimal,
  type ErrorKind,
  HighwaterError,
  type HwmView,
  type NodeSpec,
  open,
  operations,
  type RunView,
  type Store,
  MemoryStore,
  type Value,
  type ValueInput,
} from 'highwater';
import { type Codec, KeyedState, MemoryParts, type PartStore, type ValueState } from 'highwater/streams';
import { crashTest, type Life, type Report, Rows, TestKit } from 'highwater/testing';

const store: Store = new MemoryStore();
const nodes: NodeSpec[] = [{ name: 'extract' }, { name: 'load', after: ['extract'], retry: { maxAttempts: 5 } }];

async function work(attempt: Attempt): Promise<void> {
  await using mine = attempt;
  await mine.progress({ counts: { rowsRead: 1, rowsWritten: 1n } });
  await mine.succeed({ hwms: { at: new Date(0), rate: Decimal.from('1.10') } });
}

{
  await using hw = await open(store, { worker: 'typed' });
  const pipeline = hw.pipeline('dev/typed');
  await pipeline.declareGraph(nodes);
  await using run = await pipeline.startRun({ params: { a: 1n, b: 'x' } });
  for (const { name } of nodes) {
    const begun = await run.node(name).begin();
    switch (begun.kind) {
      case 'run':
        await work(begun.attempt);
        break;
      case 'skip':
        assert.fail(begun.reason.message);
        break;
      case 'wait':
        assert.fail(`${begun.until.toISOString()} ${begun.reason.code}`);
        break;
      default: {
        const never: never = begun;
        assert.fail(String(never));
      }
    }
  }
  const ended: RunView = await run.finish();
  assert.equal(ended.status, 'succeeded');

  const [summary, hwm] = await pipeline.submit([operations.describePipeline(), operations.getHwm('at')]);
  const version: bigint = summary.version;
  const view: HwmView | undefined = hwm;
  assert.ok(version > 0n && view?.type === 'timestamp');
  const value: Value = view.value;
  const again: ValueInput = value;
  assert.deepEqual((await pipeline.hwm('at').set(again)).moved, 0);
  // @ts-expect-error an object is no value
  await assert.rejects(pipeline.hwm('x').set({}));
  // @ts-expect-error a reason is needed
  await assert.rejects(pipeline.hwm('at').rewind(new Date(0)));

  const kind = await pipeline
    .hwm('at')
    .set(5)
    .catch((error: unknown): ErrorKind | undefined => {
      return error instanceof HighwaterError ? error.kind : undefined;
    });
  assert.equal(kind, 'invalid');
}

{
  const load = async (life: Life, sink: Rows<number>): Promise<void> => {
    const hwm = life.highwater.pipeline('dev/typed').hwm('done');
    if ((await hwm.get()) === undefined) sink.write([1]);
    await life.point('written');
    await hwm.set(1n);
  };
  const sinks = { sink: () => new Rows<number>(), rows: (sink: Rows<number>) => sink.all() };
  const report: Report = await crashTest({ ...sinks, pipeline: load, expected: [1], allowDuplicates: true });
  report.assert();
  assert.ok(report.doubled > 0);
  const kit = new TestKit({ seed: 1 });
  await kit.advance(1_000);
  await (await kit.open('typed')).close();
}

{
  await using hw = await open('memory:');
  const stream = hw.pipeline('dev/typed').stream();
  await stream.declare({ operators: { count: 2 } });
  const parts: PartStore = new MemoryParts();
  const state = await KeyedState.restore(await stream.restore(), { operator: 'count', subtask: 1, parts });
  const key: Codec<bigint> = {
    encode: (value) => new TextEncoder().encode(String(value)),
    decode: (bytes) => BigInt(new TextDecoder().decode(bytes)),
  };
  const counts: ValueState<bigint, number> = state.value('counts', { key });
  const mine = [1n, 2n, 3n, 4n, 5n, 6n, 7n].find((it) => state.owns(it, key));
  assert.ok(mine !== undefined);
  counts.batch().put(mine, 1).commit();
  const count: number | undefined = counts.get(mine);
  assert.equal(count, 1);
  // @ts-expect-error a key is a bigint here
  assert.throws(() => counts.get('1').toFixed());
}
