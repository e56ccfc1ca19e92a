import type { SessionEvent } from '@github/copilot-sdk';
import { type LogHead, LogRenderer } from '../../../../src/core/rendering/log/logRenderer';
import { UTC } from '../sampleSession';

/** A log without the invisible marks at the ends of its lines (`lineMarks.ts`). */
export class PlainLogRenderer extends LogRenderer {
  override head(head: LogHead): string {
    return plain(super.head(head));
  }

  override render(event: SessionEvent): string {
    return plain(super.render(event));
  }

  override note(level: 'info' | 'warning' | 'error', text: string, at: Date): string {
    return plain(super.note(level, text, at));
  }

  override flush(): string {
    return plain(super.flush());
  }
}

function plain(text: string): string {
  return text.replace(/ +\n/g, '\n');
}

/** The log's lines for these events, without day headers, blank lines and the time column. */
export function linesOf(...events: readonly SessionEvent[]): readonly string[] {
  const renderer = new PlainLogRenderer(UTC);
  const text = events.map((each) => renderer.render(each)).join('') + renderer.flush();
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('──'))
    .map((line) => line.replace(/^\d\d:\d\d:\d\d {2}/, ''));
}
