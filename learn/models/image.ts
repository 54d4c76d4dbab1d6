/** The input of networks that look at images. */
import type { Value } from '../onnx/index.js';
import { checkSizes } from './check.js';
import type { Network } from './network.js';

/** What an image network is told of its input. */
export interface ImageOptions {
  /** Channels of an image: 1 for a grey one, 3 for colours, more for several sequences of a scan. */
  readonly channels: number;
  /** Height and width in pixels, `[H, W]`. Left out, images of any size fit, all those of a batch alike. */
  readonly size?: readonly [height: number, width: number];
}

/** @throws RangeError */
export function checkImage({ channels, size = [1, 1] }: ImageOptions): void {
  checkSizes('channels, height and width', [channels, ...size]);
}

/** A float32 input [N, channels, H, W]. */
export function imageInput(network: Network, name: string, { channels, size }: ImageOptions): Value {
  return network.input(name, ['N', channels, ...(size ?? ['H', 'W'])]);
}
