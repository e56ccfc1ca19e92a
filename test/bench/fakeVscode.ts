/**
 * The part of VS Code's API that a session's log needs, for a benchmark in plain Node. The measurement ends where a
 * line is passed to VS Code, which buffers it for about 300 ms before showing it.
 */

type Append = (channel: string, text: string) => void;

let onAppend: Append = () => undefined;

export function listenToChannels(listener: Append): void {
  onAppend = listener;
}

export const window = {
  visibleTextEditors: [],
  onDidChangeVisibleTextEditors: () => ({ dispose: () => undefined }),
  createOutputChannel: (name: string) => ({
    append: (text: string) => onAppend(name, text),
    replace: (text: string) => onAppend(name, text),
    show: () => undefined,
    dispose: () => undefined,
  }),
};
