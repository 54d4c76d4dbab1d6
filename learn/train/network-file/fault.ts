import { OnnxError } from '../../onnx/index.js';

/** A network file that does not do what is asked of it. */
export class NetworkFault extends OnnxError {
  /** The word whose change would mend it; `onnx` for the file itself. */
  readonly word: 'onnx' | 'trainable' | 'input' | 'output';

  constructor(word: NetworkFault['word'], message: string) {
    super(message);
    this.word = word;
  }
}
