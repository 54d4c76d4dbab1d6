/** How a network of a file is to be used. */
export interface NetworkFileWords {
  /**
   * What is trained: `all` floating-point tensors that the logits depend on; the `head`, which is the last layer with weights and what
   * follows it; or names, in which `*` stands for any characters.
   */
  readonly trainable: 'all' | 'head' | readonly string[];
  /** The name of the input, checked against the file. */
  readonly input?: string;
  /** The value that holds the logits: an output, or any other value of the graph. May be left out where there is one output. */
  readonly output?: string;
}
