import { agentOf, type RenderContext, type EventFormatter, type LiveOutput } from '../renderState';
import { Sequence } from '../sequence';
import type { StreamKey } from '../textStreams';

/**
 * The output of a running tool. Of a shell's, the runtime 1.0.102 reports each change twice: as a piece, and as the
 * whole text so far (`tool.execution_partial_result`, which its schema calls deprecated). Whichever comes first for a
 * call is shown, the other is not: both have all of the text.
 */
export const partialResult: EventFormatter = (data, context) => {
  const id = data.text('toolCallId');
  const text = data.text('partialOutput');
  if (sourceOf(id, 'texts', context).source === 'texts') {
    context.streams.replace(outputKey(id, context), text, context.at);
  }
  return undefined;
};

export const shellOutput: EventFormatter = (data, context) => {
  const id = data.text('toolCallId');
  const text = data.text('text');
  const { source, sequence } = sourceOf(id, 'pieces', context);
  if (sequence.isNew(data.number('sequence')) && source === 'pieces') {
    context.streams.push(outputKey(id, context), text, context.at);
  }
  return undefined;
};

function sourceOf(id: string, source: LiveOutput['source'], { memory }: RenderContext): LiveOutput {
  const known = memory.outputs.get(id);
  if (known !== undefined) {
    return known;
  }
  const output = { source, sequence: new Sequence() };
  memory.outputs.set(id, output);
  return output;
}

function outputKey(id: string, context: RenderContext): StreamKey {
  const summary = context.memory.tools.get(id)?.name ?? id;
  return { kind: 'output', id, label: 'output', agentId: context.agentId, agent: agentOf(context), summary };
}
