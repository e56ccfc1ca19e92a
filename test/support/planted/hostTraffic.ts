import type { Page, WebSocket } from 'playwright-core';

/** VS Code's `ConnectionType.ExtensionHost`: the connection between the workbench and the extension host. */
const EXTENSION_HOST = 2;
/** Header: type (1 byte), id, acknowledged id, length (4 bytes each). */
const HEADER_BYTES = 13;
const REGULAR = 1;
/** Values of `MessageType` in VS Code's `rpcProtocol.ts`. */
const REQUESTS = { first: 1, last: 4 };
const REPLIES = { first: 7, last: 12 };

export interface HostMessage {
  /**
   * The method that is called in the workbench (`$showMessage`), or the one that this answers (`answer to
   * $provideHover`).
   */
  readonly sink: string;
  readonly body: Buffer;
}

/**
 * Records everything that an extension host sends to the workbench: rows, tooltips, messages, quick picks, documents,
 * web pages, the clipboard, stored values, terminals, links. Its only other ways out are files and its own sockets. VS
 * Code's protocol is read from the WebSocket, as far as needed to name the purpose of a message.
 */
export class HostTraffic {
  readonly messages: HostMessage[] = [];
  /** The number of WebSockets to extension hosts. */
  connections = 0;

  watch(page: Page): void {
    page.on('websocket', (socket) => new Connection(socket, this));
  }
}

class Connection {
  private isHost: boolean | undefined;
  private readonly received = new ProtocolReader((body) => this.onReceived(body));
  private readonly sent = new ProtocolReader((body) => this.onSent(body));
  private readonly asked = new Map<number, string>();

  constructor(
    socket: WebSocket,
    private readonly traffic: HostTraffic,
  ) {
    socket.on('framesent', ({ payload }) => this.sent.push(bytesOf(payload)));
    socket.on('framereceived', ({ payload }) => this.received.push(bytesOf(payload)));
  }

  private onSent({ type, body }: ProtocolMessage): void {
    if (this.isHost === undefined) {
      const wanted = /"desiredConnectionType":(\d)/.exec(body.toString('latin1'))?.[1];
      if (wanted !== undefined) {
        this.isHost = Number(wanted) === EXTENSION_HOST;
        this.traffic.connections += this.isHost ? 1 : 0;
      }
    }
    const request = type === REGULAR ? requestIn(body) : undefined;
    if (request !== undefined) {
      this.asked.set(request.id, request.method);
    }
  }

  private onReceived({ type, body }: ProtocolMessage): void {
    if (this.isHost !== false) {
      this.traffic.messages.push({ sink: type === REGULAR ? this.sinkOf(body) : 'control', body });
    }
  }

  private sinkOf(body: Buffer): string {
    const kind = body[0] ?? 0;
    if (kind >= REPLIES.first && kind <= REPLIES.last && body.length >= 5) {
      return `answer to ${this.asked.get(body.readUInt32BE(1)) ?? 'an unknown call'}`;
    }
    return requestIn(body)?.method ?? 'other';
  }
}

function requestIn(body: Buffer): { readonly id: number; readonly method: string } | undefined {
  const kind = body[0] ?? 0;
  if (kind < REQUESTS.first || kind > REQUESTS.last || body.length < 7) {
    return undefined;
  }
  return { id: body.readUInt32BE(1), method: body.toString('latin1', 7, 7 + (body[6] ?? 0)) };
}

interface ProtocolMessage {
  readonly type: number;
  readonly body: Buffer;
}

/** Joins messages that arrived in several frames. */
class ProtocolReader {
  private rest = Buffer.alloc(0);

  constructor(private readonly onMessage: (message: ProtocolMessage) => void) {}

  push(bytes: Buffer): void {
    this.rest = Buffer.concat([this.rest, bytes]);
    while (this.rest.length >= HEADER_BYTES) {
      const end = HEADER_BYTES + this.rest.readUInt32BE(9);
      if (this.rest.length < end) {
        return;
      }
      this.onMessage({ type: this.rest[0] ?? 0, body: Buffer.from(this.rest.subarray(HEADER_BYTES, end)) });
      this.rest = this.rest.subarray(end);
    }
  }
}

function bytesOf(payload: string | Buffer): Buffer {
  return typeof payload === 'string' ? Buffer.from(payload) : payload;
}
