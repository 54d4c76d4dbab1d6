/** A network that sees an image and a row of a table together. */
import type { ModelProto, Value } from '../onnx/index.js';
import { checkChoice } from './check.js';
import { type ClassifierOptions, checkClassifier, classified } from './classifier.js';
import { type CnnBodyOptions, checkCnnBody, cnnBody } from './cnn.js';
import { checkImage, type ImageOptions, imageInput } from './image.js';
import { checkHidden, type HiddenOptions, hiddenLayers } from './mlp.js';
import { checkMobilenetV3Body, type MobilenetV3BodyOptions, mobilenetV3Body } from './mobilenet-v3.js';
import { Network } from './network.js';
import { checkResnetBody, type ResnetBodyOptions, resnetBody } from './resnet.js';

/** The part that looks at the image. */
export type ImageBody = ImageOptions &
  (
    | ({ readonly type: 'cnn' } & CnnBodyOptions)
    | ({ readonly type: 'resnet' } & ResnetBodyOptions)
    | ({ readonly type: 'mobilenet_v3' } & MobilenetV3BodyOptions)
  );

/** An image network and a multi-layer perceptron, joined before the last layer. */
export interface FusionOptions extends ClassifierOptions {
  readonly image: ImageBody;
  /** Its hidden layers; without any, the columns themselves join the image's features. */
  readonly table: HiddenOptions;
}

/**
 * Inputs `image` float32 [N, channels, H, W] and `table` float32 [N, F], output `logits` float32 [N, C]. Parameters: those of
 * the image's network below `image.`, `table.layer<i>.*`, and `head.weight`, `head.bias`.
 * @throws RangeError when an option is not possible
 */
export function fusion(options: FusionOptions): ModelProto {
  const { image, table, seed } = options;
  checkImage(image);
  checkImageBody(image);
  checkHidden(table);
  checkClassifier(options);
  const network = new Network('fusion', seed);
  const pixels = imageInput(network, 'image', image);
  const columns = network.input('table', ['N', table.features]);
  const seen = imageBody(network, 'image.', pixels, image);
  const read = hiddenLayers(network, 'table.', columns, table);
  const joined = network.within('head', () => network.graph.op('Concat', [seen, read], { axis: 1 }));
  return classified(network, 'head', joined, options);
}

function checkImageBody(body: ImageBody): void {
  checkChoice('image network', body.type, ['cnn', 'resnet', 'mobilenet_v3']);
  if (body.type === 'cnn') checkCnnBody(body);
  else if (body.type === 'resnet') checkResnetBody(body);
  else checkMobilenetV3Body(body);
}

function imageBody(network: Network, prefix: string, x: Value, body: ImageBody): Value {
  switch (body.type) {
    case 'cnn':
      return cnnBody(network, prefix, x, body);
    case 'resnet':
      return resnetBody(network, prefix, x, body);
    case 'mobilenet_v3':
      return mobilenetV3Body(network, prefix, x, body);
  }
}
