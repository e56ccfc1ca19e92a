'use strict';
// An older runtime: it does not know `connect`, and gives its protocol version in the answer to `ping`.
const { listen, send, wellBehaved } = require('./frames.cjs');

listen((message) => {
  if (message.method === 'ping') {
    send({ id: message.id, result: wellBehaved(message) });
  } else if (message.id !== undefined) {
    send({ id: message.id, error: { code: -32601, message: `Unhandled method ${message.method}` } });
  }
});
