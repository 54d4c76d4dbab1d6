/** `ganglion/onnx`: reads, writes and builds ONNX models without any dependency. */
export { Arithmetic, type Operand } from './arithmetic.js';
export type { AttributeValue } from './attributes.js';
export { GraphBuilder, type GraphNode, IR_VERSION, type NodeOptions, OPSET } from './builder.js';
export { readModel, writeModel } from './codec.js';
export { dtypeOf, isFloat } from './data-types.js';
export { OnnxError } from './error.js';
export { withFloat64 } from './float64.js';
export { type ImportedGraph, type ImportOptions, importModel, opsetOf } from './import.js';
export { loadModel } from './load-model.js';
export * from './messages.js';
export { prune } from './prune.js';
export { type ExternalDataOptions, type SaveOptions, saveModel } from './save-model.js';
export type { Dim, Shape } from './shape.js';
export { fromTensorProto, tensorBytes, toTensorProto } from './tensor-proto.js';
export type { Value, ValueType } from './value.js';
