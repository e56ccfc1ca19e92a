import * as l10n from '@vscode/l10n';
import { readString } from '../../common/json';
import type { EventReader } from '../eventReader';
import { isReading } from '../formatters/toolSummary';
import { previewJson } from '../previewJson';
import { Block } from './blocks';
import { details } from './entryMarkdown';
import { fencedBlock } from './sanitizeMarkdown';
import { type Body, type Entry, lineOf } from '../entry';

export const ARGUMENTS_LENGTH = 4_000;

const RUNNING = l10n.t({ message: 'running', comment: ['Of a tool call'] });
const NO_RESULT = l10n.t({ message: 'no result', comment: ['Of a tool call that was stopped'] });
const FAILED = l10n.t({ message: 'failed', comment: ['Of a tool call'] });

interface Call {
  readonly block: Block;
  readonly summary: string;
  readonly time: string;
  readonly content: readonly string[];
  readonly agentId: string;
  running: boolean;
}

/** The tool calls of a document: each folded, with its arguments, and later with its result. */
export class ToolCalls {
  private readonly calls = new Map<string, Call>();

  /** @param maxTextLength the most that is shown of one text, in UTF-16 units */
  constructor(private readonly maxTextLength: number) {}

  /** @returns the block of a call that runs */
  begin(id: string, entry: Entry, data: EventReader, { time, agentId }: Pick<Call, 'time' | 'agentId'>): Block {
    const summary = lineOf(entry);
    const content = this.argumentsOf(data, entry);
    const block = new Block('block', () => details([time, summary, RUNNING], content));
    this.calls.set(id, { block, summary, time, content, agentId, running: true });
    return block;
  }

  /** Adds the result to the call. @returns the block of the result if the start of the call was not seen */
  end(id: string, entry: Entry, time: string): { readonly block: Block; readonly isNew: boolean } {
    const call = this.calls.get(id);
    this.calls.delete(id);
    const { tool, summary, outcome = [], body = [] } = entry;
    const results = body.map((part) => this.result(part)).filter((text) => text !== '');
    const failed = entry.label === 'failed' ? FAILED : '';
    if (call === undefined) {
      const line = [time, tool?.name, failed, summary, ...outcome];
      return { block: new Block('block', () => details(line, results)), isNew: true };
    }
    call.block.change(() => details([call.time, call.summary, failed, ...outcome], [...call.content, ...results]));
    call.block.prepare();
    return { block: call.block, isNew: false };
  }

  /** Shows that calls do not run any more. @returns the agents whose calls these are */
  stop(isStopped: (agentId: string) => boolean): ReadonlySet<string> {
    const agents = new Set<string>();
    for (const call of this.calls.values()) {
      if (call.running && isStopped(call.agentId)) {
        call.running = false;
        call.block.change(() => details([call.time, call.summary, NO_RESULT], call.content));
        call.block.prepare();
        agents.add(call.agentId);
      }
    }
    return agents;
  }

  private result({ kind, text }: Body): string {
    if (text.trim() === '') {
      return '';
    }
    const language = kind === 'diff' ? 'diff' : '';
    return fencedBlock(text.replace(/\n+$/, ''), language, this.maxTextLength).trim();
  }

  /** The arguments, if the summary does not show them in full. */
  private argumentsOf(data: EventReader, { tool }: Entry): readonly string[] {
    const args = data.get('arguments');
    const command = readString(args, 'command') ?? (typeof args === 'string' ? args : undefined);
    const text = command ?? (args === undefined || args === null ? '' : previewJson(args, ARGUMENTS_LENGTH));
    const isShown = text.trim() === '' || text === '{}' || tool?.arguments.endsWith(text) === true;
    return isShown || isReading(data.optionalText('toolName') ?? '')
      ? []
      : [fencedBlock(text, command === undefined ? 'json' : 'shell', this.maxTextLength).trim()];
  }
}
