/**
 * As much of VS Code's API as a session's log needs, for a bench in plain Node: what is measured ends where a line is
 * handed to VS Code. (VS Code collects what it is handed for some 300 ms before it shows it, whatever an extension does.)
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
