/**
 * Counts words. Lines come from the log `FOLDER/lines`, and each word goes with its new count into the log `FOLDER/counts`, once, however often this is killed.
 *
 *   node word-count.js --folder FOLDER [--follow] [--interval-ms 1000] [--lease-ms 2000]
 */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { open } from 'highwater';
import { ExactlyOnceProcessor, FileParts, keyGroup } from 'highwater/streams';
import { FileLog, FileLogSink, FileLogSource } from './file-log.js';

/** Partitions of both logs. */
export const PARTITIONS = 2;

/** What a word count is made of, in a folder. */
export function wordCount(folder, { follow = false } = {}) {
  return {
    operator: 'count',
    source: new FileLogSource(new FileLog(join(folder, 'lines'), PARTITIONS), 'lines', { follow }),
    sink: new FileLogSink(new FileLog(join(folder, 'counts'), PARTITIONS)),
    parts: new FileParts(join(folder, 'parts')),
    process: (state) => {
      const counts = state.value('counts');
      return (line, emit) => {
        for (const word of line.toLowerCase().match(/\p{Letter}+/gu) ?? []) {
          const count = (counts.get(word) ?? 0) + 1;
          counts.put(word, count);
          emit({ partition: keyGroup(new TextEncoder().encode(word), PARTITIONS), record: { word, count } });
        }
      };
    },
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { values: options } = parseArgs({
    options: {
      folder: { type: 'string' },
      follow: { type: 'boolean', default: false },
      'interval-ms': { type: 'string', default: '1000' },
      'lease-ms': { type: 'string', default: '2000' },
    },
  });
  const hw = await open(`file:${join(options.folder, 'state')}`);
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => stop.abort());
  try {
    const processor = new ExactlyOnceProcessor(hw.pipeline('demo/words'), {
      ...wordCount(options.folder, options),
      policy: { intervalMs: Number(options['interval-ms']) },
      leaseMs: Number(options['lease-ms']),
    });
    console.log(await processor.run({ signal: stop.signal }));
  } finally {
    await hw.close();
  }
}
