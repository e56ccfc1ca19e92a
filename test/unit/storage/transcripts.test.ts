import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { headerLine, recordLine, type TranscriptRecord } from '../../../src/storage/transcriptFormat';
import { Transcripts } from '../../../src/storage/transcripts';
import { event } from '../../support/sessionEvents';

const START = new Date('2026-01-02T03:04:05.000Z');
const HEADER = { sessionId: 's1', taskId: 't1', title: 'Lampen prüfen', repository: 'o/r', startTime: START };
const EVENTS: readonly TranscriptRecord[] = ['assistant.turn_start', 'assistant.message', 'assistant.turn_end'].map(
  (type, index) => ({ kind: 'event', event: event(`e${index}`, type, { messageId: `m${index}`, content: 'ä→😀' }) }),
);
const NOTE: TranscriptRecord = { kind: 'note', note: { level: 'warning', text: 'Lost.', at: START } };
const RECORDS = [...EVENTS, NOTE];

describe('kept transcripts', () => {
  let folder: string;
  let transcripts: Transcripts;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'transcripts-'));
    transcripts = new Transcripts(folder);
  });

  afterEach(() => rm(folder, { recursive: true, force: true }));

  const write = (text: string | Buffer, name = 's1.1-0-00000000.jsonl'): Promise<void> =>
    writeFile(path.join(folder, name), text);
  const read = async (sessionId = 's1'): Promise<TranscriptRecord[]> => {
    const records: TranscriptRecord[] = [];
    for await (const record of transcripts.read(sessionId)) {
      records.push(record);
    }
    return records;
  };

  it('are none in a folder that does not exist', async () => {
    transcripts = new Transcripts(path.join(folder, 'missing'));
    assert.deepEqual(await transcripts.list(), []);
    assert.deepEqual(await read(), []);
  });

  it('are listed by their first line, and read line by line', async () => {
    await write(headerLine(HEADER) + RECORDS.map(recordLine).join(''));
    await write('what is not a transcript', 'notes.txt');
    const [info, ...others] = await transcripts.list();
    assert.ok(info);
    assert.deepEqual(others, []);
    const { modifiedTime, sizeBytes, ...rest } = info;
    assert.deepEqual(rest, { ...HEADER, damaged: false });
    assert.ok(sizeBytes > 0 && modifiedTime > START);
    assert.deepEqual(await read(), RECORDS);
  });

  it('give what is whole, wherever the file is cut off', async () => {
    const bytes = Buffer.from(headerLine(HEADER) + RECORDS.map(recordLine).join(''));
    const lines = [headerLine(HEADER), ...RECORDS.map(recordLine)].map((line) => Buffer.byteLength(line));
    const ends = lines.map((_, index) => lines.slice(0, index + 1).reduce((sum, length) => sum + length, 0));
    for (let length = 0; length <= bytes.length; length++) {
      await write(bytes.subarray(0, length));
      // A line that lacks only its line end is complete.
      const whole = ends.filter((end) => end - 1 <= length).length;
      assert.deepEqual(await read(), RECORDS.slice(0, Math.max(0, whole - 1)), `cut at ${length}`);
      const [info] = await transcripts.list();
      assert.equal(info?.damaged, whole === 0 ? undefined : !ends.includes(length), `cut at ${length}`);
    }
  });

  it('leave out lines that are damaged', async () => {
    const [first = '', ...others] = EVENTS.map(recordLine);
    await write([headerLine(HEADER), first, '{"kind":"event","ev\n', '\0\0\0\n', '7\n', ...others].join(''));
    assert.deepEqual(await read(), EVENTS);
  });

  it('are joined where two windows wrote the same session', async () => {
    const [a, b, c] = EVENTS.map(recordLine);
    await write([headerLine(HEADER), a, b].join(''));
    await write([headerLine(HEADER), a, b, c, recordLine(NOTE)].join(''), 's1.2-0-00000001.jsonl');
    assert.deepEqual(await read(), RECORDS);
    assert.equal((await transcripts.list()).length, 1);
  });
});
