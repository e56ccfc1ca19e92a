import * as l10n from '@vscode/l10n';
import { sanitizeLine } from '../../common/sanitize';
import { Block, BlockList } from './blocks';
import { details } from './entryMarkdown';
import { escapeText } from './sanitizeMarkdown';

const SUBAGENT = l10n.t({
  message: 'Sub-agent',
  comment: ['A part of a transcript; the name of the sub-agent follows'],
});

interface AgentBlocks {
  readonly block: Block;
  readonly list: BlockList;
}

/** A time of an event, as the document shows it. */
export interface Moment {
  readonly time: string;
  /** `undefined` for an event without a time. */
  readonly day: string | undefined;
}

/** Where the blocks of a document are: under their days, and those of sub-agents folded, each agent's in one block. */
export class DocumentLayout {
  private readonly main = new BlockList();
  /** By agent id, and by the id of the tool call that started the agent. */
  private readonly agents = new Map<string, AgentBlocks>();
  private day: string | undefined;
  /** The last block of the main list. */
  private last: Block | undefined;
  private lastBefore: Block | undefined;
  /** The block that the current event has changed. */
  private changed: Block | undefined;
  private agentId = '';

  /** To be called for each event before its blocks are added. @param agentId '' for the main agent */
  beginEvent(agentId: string): void {
    this.agentId = agentId;
    this.lastBefore = this.last;
    this.changed = undefined;
  }

  /** Where the current event is shown: the block that it has added or changed, or else the last one. */
  get blockOfEvent(): Block | undefined {
    return this.last === this.lastBefore ? (this.changed ?? this.last) : this.last;
  }

  /** Adds the block to the sub-agent of the current event, or to the main list. */
  put(block: Block, name: string, at: Moment): void {
    const agent = this.agentAt(this.agentId, name, at);
    if (agent === undefined) {
      this.putMain(block, at);
      return;
    }
    agent.list.add(block.prepare());
    this.touch();
  }

  /** The content of the block, or of the sub-agent of the current event, has changed. */
  touch(block?: Block): void {
    const agent = this.agents.get(this.agentId);
    agent?.block.refresh();
    this.changed = agent?.block ?? block ?? this.changed;
  }

  /** The content of the sub-agent has changed. */
  refreshAgent(agentId: string): void {
    this.agents.get(agentId)?.block.refresh();
  }

  /** @param callId of the tool call that started the agent */
  beginAgent(callId: string | undefined, name: string, at: Moment): void {
    const agent = this.agentAt(this.agentId || (callId ?? ''), name, at);
    if (agent !== undefined && callId !== undefined) {
      this.agents.set(callId, agent);
    }
  }

  remove(block: Block): void {
    for (const list of [this.main, ...[...this.agents.values()].map((agent) => agent.list)]) {
      list.remove(block);
    }
  }

  /** As `BlockList.join`. */
  join(maxLength: number | undefined, lines: Map<Block, number> | undefined): ReturnType<BlockList['join']> {
    return this.main.join(maxLength, lines);
  }

  private agentAt(id: string, name: string, at: Moment): AgentBlocks | undefined {
    const known = this.agents.get(id);
    if (known !== undefined || id === '') {
      return known;
    }
    const list = new BlockList();
    const block = new Block('block', () => details([at.time, SUBAGENT, name || id.slice(0, 24)], [list.join().text]));
    const agent = { block, list };
    this.agents.set(id, agent);
    this.putMain(block, at);
    return agent;
  }

  private putMain(block: Block, { day }: Moment): void {
    if (day !== undefined && day !== this.day) {
      this.day = day;
      this.main.add(new Block('block', () => `## ${escapeText(sanitizeLine(day))}`));
    }
    this.main.add(block.prepare());
    this.last = block;
  }
}
