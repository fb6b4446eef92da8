/**
 * A bare Node server that answers every request with the same address: the most that a Sentinel on
 * Node could reach. `node bare-socket.js PORT`; ends with its parent.
 */
import { createServer } from 'node:net';

const REPLY = '*2\r\n$9\r\n127.0.0.1\r\n$4\r\n6379\r\n';
const REQUEST_START = 0x2a;
/** Requests that come in one chunk have their replies ready. */
const ready = Array.from({ length: 128 }, (_, count) => Buffer.from(REPLY.repeat(count)));

const server = createServer({ noDelay: true }, (socket) => {
  socket.on('error', () => socket.destroy());
  socket.on('data', (chunk) => {
    let count = 0;
    for (
      let at = chunk.indexOf(REQUEST_START);
      at >= 0;
      at = chunk.indexOf(REQUEST_START, at + 1)
    ) {
      count += 1;
    }
    socket.write(ready[count] ?? Buffer.from(REPLY.repeat(count)));
  });
});
server.listen(Number(process.argv[2]), '127.0.0.1');
