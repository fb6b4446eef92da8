/**
 * The door of the protocol room: bytes to commands, replies to bytes.
 */
export { encodeReply, type Protocol } from './encode.ts';
export { splitInline } from './inline.ts';
export { parseInteger64 } from './integer.ts';
export { giveBack, PAGES_BYTES, pages } from './pages.ts';
export {
  type Frame,
  type RequestLimits,
  RequestReader,
} from './requests.ts';
