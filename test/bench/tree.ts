import type { SessionRow } from '../../src/core/store/sessionRow';
import { DEFAULT_ARRANGEMENT } from '../../src/ui/rows/arrangement';
import { presentRow } from '../../src/ui/rows/rowPresentation';
import { TreeModel } from '../../src/ui/rows/treeModel';
import { sessionRow } from '../support/sessionRows';
import { median, type Row } from './statistics';

const ROWS = 1_000;
const UPDATES = 500;

/**
 * Changes one of a thousand rows, and measures which rows are shown again and how long the update and the rendering
 * take.
 */
export function benchTree(): Row[] {
  const rows = new Map<string, SessionRow>(
    Array.from({ length: ROWS }, (_, index) => [`s${index}`, sessionRow(`s${index}`, { title: `Session ${index}` })]),
  );
  const source = {
    get rows() {
      return [...rows.values()];
    },
    find: (key: string) => rows.get(key),
  };
  const model = new TreeModel(source, DEFAULT_ARRANGEMENT, 'en');
  const shown: number[] = [];
  const times: number[] = [];
  for (let update = 0; update < UPDATES; update++) {
    const key = `s${(update * 37) % ROWS}`;
    rows.set(key, sessionRow(key, { title: `Session ${key.slice(1)}`, detail: `step ${update}` }));
    const began = performance.now();
    const refresh = model.update(new Set([key]));
    const nodes = refresh === 'all' ? model.children() : refresh;
    for (const node of nodes) {
      const row = 'key' in node ? rows.get(node.key) : undefined;
      if (row !== undefined) {
        presentRow(row, new Date(), 'en');
      }
    }
    times.push(performance.now() - began);
    shown.push(nodes.length);
  }
  return [
    {
      what: `rows shown anew when one of ${ROWS} changes (most of ${UPDATES} updates)`,
      value: String(Math.max(...shown)),
    },
    { what: 'time of such an update, median', value: `${median(times).toFixed(3)} ms` },
  ];
}
