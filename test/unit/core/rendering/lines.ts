import type { SessionEvent } from '@github/copilot-sdk';
import { LogRenderer } from '../../../../src/core/rendering/log/logRenderer';
import { UTC } from '../sampleSession';

/** The log's lines for these events, without days, blank lines and the time column. */
export function linesOf(...events: readonly SessionEvent[]): readonly string[] {
  const renderer = new LogRenderer(UTC);
  const text = events.map((each) => renderer.render(each)).join('') + renderer.flush();
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('──'))
    .map((line) => line.replace(/^\d\d:\d\d:\d\d {2}/, ''));
}
