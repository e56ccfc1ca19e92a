import assert from 'node:assert/strict';
import fc from 'fast-check';
import { secrets } from '../../../src/core/redaction/secrets';
import { LineSplitter, type LineLimits } from '../../../src/runtime/lineSplitter';

/** A splitter and its output. Its clock stands still unless it is set. */
function splitter(limits: Partial<LineLimits> = {}): { lines: LineSplitter; out: string[]; clock: { now: number } } {
  const out: string[] = [];
  const clock = { now: 0 };
  return {
    lines: new LineSplitter(
      (line) => out.push(line),
      limits,
      () => clock.now,
    ),
    out,
    clock,
  };
}

describe('LineSplitter', () => {
  it('gives the same lines however the bytes are cut', () => {
    const text = fc.array(fc.constantFrom('a', 'ü', '😀', '\n', '\r\n', ' ', 'line'), { maxLength: 40 });
    fc.assert(
      fc.property(text, fc.array(fc.nat(60), { maxLength: 6 }), (parts, cuts) => {
        const bytes = Buffer.from(parts.join(''));
        const { lines, out } = splitter();
        const at = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).sort((a, b) => a - b), bytes.length];
        at.slice(1).forEach((end, index) => lines.write(bytes.subarray(at[index], end)));
        lines.end();
        const expected = parts.join('').split('\n');
        if (expected.at(-1) === '') {
          expected.pop();
        }
        assert.deepEqual(
          out,
          expected.map((line) => line.replace(/\r$/, '')),
        );
      }),
    );
  });

  it('cuts a long line at the end of a word, and says how much is missing', () => {
    const { lines, out } = splitter({ maxLength: 20 });
    lines.write(Buffer.from('these are the words of a line\nshort\n'));
    assert.deepEqual(out, ['these are the words … (9 more characters)', 'short']);
  });

  it('cuts within a word only if there is no other place, and holds no more than it shows', () => {
    const { lines, out } = splitter({ maxLength: 10 });
    for (let i = 0; i < 1_000; i++) {
      lines.write(Buffer.from('x'.repeat(1_000)));
    }
    lines.end();
    assert.deepEqual(out, [`${'x'.repeat(10)}… (999990 more characters)`]);
  });

  it('shows no beginning of a secret where a line was cut', () => {
    const secret = 'Zq7vKp2Lw9Xt4Rb8Nc3Hd6Mf1Gs5Jy0';
    secrets.add(secret);
    const { lines, out } = splitter({ maxLength: 100 });
    lines.write(Buffer.from(`${'x'.repeat(80)}${secret}${'y'.repeat(10)}\n`));
    assert.deepEqual(out, [`${'x'.repeat(80)}[redacted]… (21 more characters)`]);
  });

  it('shows that a character has not come whole', () => {
    const { lines, out } = splitter();
    lines.write(Buffer.from('ü').subarray(0, 1));
    lines.end();
    assert.deepEqual(out, ['\ufffd']);
  });

  it('passes on so many lines in a second, and counts the others', () => {
    const { lines, out, clock } = splitter({ maxPerSecond: 3 });
    lines.write(Buffer.from('1\n2\n3\n4\n5\n'));
    clock.now = 999;
    lines.write(Buffer.from('6\n'));
    assert.deepEqual(out, ['1', '2', '3']);
    clock.now = 1_000;
    lines.write(Buffer.from('7\n'));
    assert.deepEqual(out.slice(3), ['… 3 more lines came within a second and were left out', '7']);
    lines.end();
    assert.equal(out.length, 5);
  });

  it('tells of the others at the end', () => {
    const { lines, out } = splitter({ maxPerSecond: 1 });
    lines.write(Buffer.from('1\n2'));
    lines.end();
    assert.deepEqual(out, ['1', '… 1 more lines came within a second and were left out']);
  });

  it('tells of the others soon, also when nothing more comes', async () => {
    const out: string[] = [];
    const told = new Promise<void>((resolve) => {
      const lines = new LineSplitter(
        (line) => {
          out.push(line);
          if (line.startsWith('…')) {
            resolve();
          }
        },
        { maxPerSecond: 1 },
      );
      lines.write(Buffer.from('1\n2\n3\n'));
    });
    // The splitter's timer does not keep a process alive, so this one does.
    const busy = setInterval(() => undefined, 100);
    await told;
    clearInterval(busy);
    assert.deepEqual(out, ['1', '… 2 more lines came within a second and were left out']);
  });

  describe('keeps the last lines', () => {
    it('whatever was left out of a flood', () => {
      const { lines, out } = splitter({ maxPerSecond: 1, lastLines: 3 });
      for (let i = 0; i < 50_000; i++) {
        lines.write(Buffer.from(`line ${i}\n`));
      }
      lines.write(Buffer.from('\r\n  \npanic: it is dark'));
      assert.deepEqual(lines.lastLines, ['line 49998', 'line 49999', 'panic: it is dark']);
      assert.equal(out.length, 1);
    });

    it('without the beginning of one that is cut off', () => {
      const { lines } = splitter({ maxLength: 100 });
      lines.write(Buffer.from(`${'secret-of-many-parts '.repeat(20_000)}\nlast`));
      assert.deepEqual(lines.lastLines, ['last']);
    });

    it('of an endless line, what is whole of it', () => {
      const { lines } = splitter({ maxLength: 40 });
      lines.write(Buffer.from('token-of-value '.repeat(20_000)));
      assert.match(lines.lastLines[0] ?? '', /^… token-of-value token-of-value … \(\d+ more characters\)$/);
      assert.equal(lines.lastLines.length, 1);
    });
  });
});
